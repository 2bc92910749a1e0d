import { expect, test } from 'vitest'
import { readFrames } from '../src/events/read-frames.ts'

test('a stream that is silent for too long is over, and let go', async () => {
  let isCancelled = false
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) =>
      controller.enqueue(new TextEncoder().encode('event: a\ndata: {}\n\nevent: b\ndata: {')),
    cancel: () => {
      isCancelled = true
    },
  })
  const found: unknown[] = []
  for await (const { event } of readFrames(stream, 20, new AbortController().signal)) found.push(event)
  expect(found).toEqual(['a'])
  expect(isCancelled).toBe(true)
})
