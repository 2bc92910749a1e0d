import { describe, expect, it } from 'vitest'
import type { RecordedLine } from './recording.ts'
import { Replay } from './replay.ts'

const recordedId = '11111111-1111-4111-8111-111111111111'
const actualId = '22222222-2222-4222-8222-222222222222'
const otherId = '33333333-3333-4333-8333-333333333333'

const lines: readonly RecordedLine[] = [
  { client: 1, opens: true },
  { client: 1, request: 1, rpc: 'agent', params: { message: 'hi', idempotencyKey: recordedId } },
  { client: 1, answer: 1, payload: { runId: recordedId } },
  { client: 1, event: { event: 'agent', payload: { runId: recordedId, itemId: `${recordedId}:1` } } },
  { client: 1, request: 2, rpc: 'chat.history', params: { sessionKey: 'a' } },
  { client: 1, request: 3, rpc: 'chat.history', params: { sessionKey: 'b' } },
  { client: 1, answer: 3, payload: 'b' },
  { client: 1, answer: 2, error: { name: 'Error', message: 'no', fields: { gatewayCode: 'NO' } } },
  { t: 50, client: 1, event: { event: 'late' } },
]

const turns = async (count = 30): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

describe('a replay', () => {
  it('gives back what was recorded, with the ids of today and in the order of then', async () => {
    const replay = new Replay('test', lines)
    const transport = replay.open()
    const events: unknown[] = []
    transport.subscribe((event) => events.push(event))
    void transport.connect()
    expect(await transport.request('agent', { message: 'hi', idempotencyKey: actualId })).toEqual({
      runId: actualId,
    })
    await turns()
    expect(events).toEqual([{ event: 'agent', payload: { runId: actualId, itemId: `${actualId}:1` } }])
    const order: string[] = []
    const refused = transport.request('chat.history', { sessionKey: 'a' }).catch((error: unknown) => {
      order.push('a')
      return error
    })
    await turns()
    expect(order).toEqual([]) // the other request comes first in the recording
    expect(await transport.request('chat.history', { sessionKey: 'b' })).toBe('b')
    expect(await refused).toMatchObject({ message: 'no', gatewayCode: 'NO' })
    await turns()
    expect(events).toHaveLength(2)
    replay.end()
  })

  it('takes the time of then where it is asked to', async () => {
    const replay = new Replay('test', [...lines.slice(0, 1), ...lines.slice(-1)], true)
    const transport = replay.open()
    const heard = new Promise((resolve) => transport.subscribe(resolve))
    const startedAt = performance.now()
    void transport.connect()
    await heard
    expect(performance.now() - startedAt).toBeGreaterThan(45)
    replay.end()
  })

  it('fails at a request that was not recorded, and says which were', async () => {
    const replay = new Replay('test', lines)
    const transport = replay.open()
    await expect(transport.request('agent', { message: 'bye', idempotencyKey: actualId })).rejects.toThrow(
      /requests agent .*"bye".*still open are:\n {2}\{"message":"hi"/s,
    )
    await expect(replay.failed).rejects.toThrow('differ')
    expect(() => replay.end()).toThrow('requests agent')
  })

  it('fails where two ids stand for one', async () => {
    const replay = new Replay('test', [
      { client: 1, request: 1, rpc: 'a', params: { id: recordedId } },
      { client: 1, request: 2, rpc: 'a', params: { id: recordedId } },
    ])
    const transport = replay.open()
    void transport.request('a', { id: actualId })
    await expect(transport.request('a', { id: otherId })).rejects.toThrow('differ')
  })
})
