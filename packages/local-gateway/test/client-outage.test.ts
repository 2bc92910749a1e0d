import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterEach, expect, test, vi } from 'vitest'

import { localGateway } from '../src/index.ts'

afterEach(() => {
  vi.useRealTimers()
})

test('a stream of events gives a gateway up that is gone for more than a minute', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  const event = { version: 1, id: '1', ts: 1, type: 'run.started', runId: 'r', data: {} }
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(`id: 1\ndata: ${JSON.stringify(event)}\n\n`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const gateway = localGateway({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
  const events = gateway.events?.stream?.({})[Symbol.asyncIterator]()
  expect(await events?.next()).toMatchObject({ value: { id: '1' } })

  let thrown: unknown
  const next = events?.next().catch((error: unknown) => (thrown = error))
  server.closeAllConnections()
  server.close()
  for (let second = 0; second < 90 && thrown === undefined; second++) {
    await vi.advanceTimersByTimeAsync(1_000)
    // Sockets keep real time.
    for (let turn = 0; turn < 10; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
  }
  expect(thrown).toMatchObject({ code: 'gateway', retryable: true })
  await next
  await gateway.close()
})
