import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const child = fileURLToPath(new URL('unhandled-child.ts', import.meta.url))

interface Ending {
  readonly code: unknown
  readonly stdout: string
  readonly stderr: string
}

function run(version: string, variant: 'bare' | 'wrapped'): Promise<Ending> {
  return new Promise((resolve) => {
    const parameters = ['--conditions=@pincer/source', child, version, variant]
    execFile(process.execPath, parameters, (error, stdout, stderr) =>
      resolve({ code: error?.code, stdout, stderr }),
    )
  })
}

test.each(['openai', 'openai-6', 'openai-lowest'])(
  'a failure of %s that nobody waits for is unhandled with us as without us',
  async (version) => {
    const [bare, wrapped] = await Promise.all([run(version, 'bare'), run(version, 'wrapped')])
    const seen = JSON.parse(bare.stdout) as Record<string, string[]>
    for (const [way, errors] of Object.entries(seen))
      expect([way, errors.length]).toEqual([way, way.endsWith('caught') ? 0 : 1])
    expect(JSON.parse(wrapped.stdout)).toEqual(seen)
    // Without a listener it ends the process.
    for (const ending of [bare, wrapped]) {
      expect(ending.code).toBe(1)
      expect(ending.stderr).toContain('401 bad key')
    }
  },
  30_000,
)
