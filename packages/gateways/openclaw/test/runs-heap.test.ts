import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('ten thousand runs leave no listener and no timer, the heap as it was, and a process that ends', async () => {
  const child = fileURLToPath(new URL('runs-heap-child.ts', import.meta.url))
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--expose-gc', '--no-warnings', '--conditions=@pincer/source', child],
    { timeout: 50_000 },
  )
  expect(stderr).toBe('')
  const { heaps, seen, ...rest } = JSON.parse(stdout) as {
    readonly heaps: readonly number[]
    readonly seen: readonly number[]
  }
  expect(new Set(seen).size).toBe(1)
  expect(rest).toEqual({ left: 0, timers: 0, rejections: 0 })
  // Outcomes of the last thousands of runs are kept: the heap grows to their bound, far below what the runs have held.
  const [first = 0] = heaps
  for (const heap of heaps) expect(heap - first).toBeLessThan(20_000_000)
}, 60_000)
