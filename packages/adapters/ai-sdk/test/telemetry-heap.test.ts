import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { expect, test } from 'vitest'

test('streams that are aborted, broken off or never read leave nothing behind', async () => {
  const child = fileURLToPath(new URL('telemetry-heap-child.ts', import.meta.url))
  const flags = ['--conditions=@pincer/source', '--expose-gc']
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [...flags, child])
  expect(stderr).toBe('')
  const told = JSON.parse(stdout) as Record<string, number>
  expect(told).toMatchObject({ open: 0, queued: 0, dropped: 0, lateEnds: 0 })
  expect(told['mostOpen']).toBe(6_000)
  expect(told['grown']).toBeLessThan(512 * 1024)
}, 60_000)
