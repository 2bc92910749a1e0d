import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('a hundred thousand events of a thousand runs leave the heap as it was', async () => {
  const child = fileURLToPath(new URL('events-heap-child.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    '--no-warnings',
    '--conditions=@pincer/source',
    child,
  ])
  const { heaps, isCollected } = JSON.parse(stdout) as {
    readonly heaps: readonly number[]
    readonly isCollected: boolean
  }
  expect(isCollected).toBe(true)
  // The first round fills the logs up to their bound; three more make no difference.
  const [first = 0, ...others] = heaps
  expect(first).toBeLessThan(60_000_000)
  for (const heap of others) expect(heap - first).toBeLessThan(3_000_000)
}, 30_000)
