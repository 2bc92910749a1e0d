import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { expect, test } from 'vitest'

test('telemetry loads no module of the AI SDK, and nothing else of this package', async () => {
  const child = fileURLToPath(new URL('telemetry-import-child.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@pincer/source', child])
  const loaded = (JSON.parse(stdout) as string[]).filter((url) => url.startsWith('file:'))
  expect(loaded.filter((url) => /node_modules\/(?:ai|@ai-sdk)\//.test(url))).toEqual([])
  const own = loaded.filter((url) => url.includes('/ai-sdk/')).map((url) => url.replace(/^.*\//, ''))
  expect(own.toSorted()).toEqual([
    'claw-argument.ts',
    'convert-approval.ts',
    'convert-call-usage.ts',
    'convert-error.ts',
    'convert-model-call.ts',
    'convert-operation.ts',
    'telemetry-answer.ts',
    'telemetry-attempt.ts',
    'telemetry-operation.ts',
    'telemetry-options.ts',
    'telemetry-start.ts',
    'telemetry-stream.ts',
    'telemetry-table.ts',
    'telemetry-tools.ts',
    'telemetry.ts',
    'tool-calls.ts',
  ])
})
