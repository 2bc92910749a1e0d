import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)
const compiler = fileURLToPath(new URL('../../../../node_modules/typescript/bin/tsc', import.meta.url))

// The newest is what the package itself is checked with.
test.each([
  ['anthropic-middle', '@anthropic-ai+sdk@0.100.1'],
  ['anthropic-lowest', '@anthropic-ai+sdk@0.60.0'],
])(
  'the sources and a program compile with %s',
  async (version, pinned) => {
    const project = fileURLToPath(new URL(`majors/tsconfig.${version}.json`, import.meta.url))
    // The compiler ends with an error code where it finds something; what it finds stands in its output all the same.
    const { stdout } = await run(process.execPath, [compiler, '-p', project, '--listFiles']).catch(
      (error: { readonly stdout: string }) => error,
    )
    expect(stdout.split('\n').filter((line) => line.includes('error TS'))).toEqual([])
    expect(stdout).toContain(pinned)
    expect(stdout).not.toContain('@anthropic-ai+sdk@1.')
  },
  60_000,
)
