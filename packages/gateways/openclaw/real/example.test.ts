import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { sharedGateway } from './shared-gateway.ts'

const { url, token } = sharedGateway()
const root = join(import.meta.dirname, '../../../..')

// As a reader of the repository starts it, in a process of its own.
async function runExample(...args: string[]): Promise<string> {
  const main = join(root, 'examples/openclaw-run/src/main.ts')
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@pincer/source', main, ...args],
    {
      env: { ...process.env, OPENCLAW_GATEWAY_URL: url, OPENCLAW_GATEWAY_TOKEN: token },
      timeout: 120_000,
    },
  )
  return stdout
}

it('examples/openclaw-run connects, runs, streams, approves and ends', async () => {
  const stdout = await runExample('--allow-all', '[[tool:exec {"command":"echo crabs may run"}]]')
  expect(stdout).toContain('connected to OpenClaw 2026.9.6')
  expect(stdout).toMatch(/\[exec \{"command":"echo crabs may run"/)
  expect(stdout).toMatch(/Allow .*\? \[y\/n\] y/)
  expect(stdout).toContain('exec answered: crabs may run')
  expect(stdout).toMatch(/completed, \d+ tokens in, \d+ out, \$0\.\d+/)
})

it('examples/openclaw-run allows nothing where nobody can be asked', async () => {
  const stdout = await runExample('[[tool:exec {"command":"echo crabs may not run"}]]')
  expect(stdout).toMatch(/Allow .*\? \[y\/n\] n/)
  expect(stdout).toMatch(/\[failed: .*denied/i)
  expect(stdout).toMatch(/completed, \d+ tokens in/)
})
