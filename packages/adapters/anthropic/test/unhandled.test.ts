import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const child = fileURLToPath(new URL('unhandled-child.ts', import.meta.url))

interface Ending {
  readonly code: unknown
  readonly stdout: string
  readonly stderr: string
}

function run(version: string, variant: 'bare' | 'wrapped' | 'tapped'): Promise<Ending> {
  return new Promise((resolve) => {
    const parameters = ['--conditions=@pincer/source', child, version, variant]
    execFile(process.execPath, parameters, (error, stdout, stderr) =>
      resolve({ code: error?.code, stdout, stderr }),
    )
  })
}

test.each([
  ['@anthropic-ai/sdk', ['wrapped', 'tapped']],
  ['anthropic-middle', ['wrapped']],
  ['anthropic-lowest', ['wrapped']],
] as const)(
  'a failure of %s that nobody waits for is unhandled with us as without us',
  async (version, variants) => {
    const [bare, ...ours] = await Promise.all([
      run(version, 'bare'),
      ...variants.map((variant) => run(version, variant)),
    ])
    const seen = JSON.parse(bare.stdout) as Record<string, string[]>
    for (const [way, errors] of Object.entries(seen))
      expect([way, errors.length]).toEqual([way, way.endsWith('caught') ? 0 : 1])
    for (const { stdout } of ours) expect(JSON.parse(stdout)).toEqual(seen)
    // Without a listener it ends the process.
    for (const ending of [bare, ...ours]) {
      expect(ending.code).toBe(1)
      expect(ending.stderr).toContain('bad key')
    }
  },
  30_000,
)
