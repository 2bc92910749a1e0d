import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { createManualClock } from '../manual-clock.ts'
import { type Recorded, recorded, until } from '../recorded.ts'
import type { ScriptedServer } from '../scripted-server.ts'
import { readStream } from './read-stream.ts'
import type { ClientSubject } from './subject.ts'

/** Calls that fail, are cancelled, are cut, or are never read. */
export function describeEnds<Client extends object>(
  subject: ClientSubject<Client>,
  place: { readonly server: ScriptedServer },
): void {
  const { wire } = subject
  let record: Recorded
  beforeEach(() => {
    record = recorded()
  })
  afterEach(() => record.done())
  const wrapped = (options?: { readonly maxRetries?: number }): Client =>
    subject.wrap(subject.make(place.server.url, options), record.claw)
  const outcomes = async (): Promise<string[]> =>
    (await record.of('model.call.completed')).map(({ data }) => data.outcome)
  const output = async (): Promise<string> =>
    JSON.stringify([...(await record.of('model.call.completed')), ...(await record.of('model.call.failed'))])

  describe('ends', () => {
    it('records a failure with its status and request id', async () => {
      place.server.answer(wire.failure(401))
      await expect(subject.call(wrapped())).rejects.toThrow('401')
      expect((await record.of('model.call.failed'))[0]?.data).toMatchObject({
        outcome: 'error',
        error: { name: 'AuthenticationError', status: 401, requestId: 'req_test' },
      })
      expect(await record.of('run.failed')).toHaveLength(1)
    })

    it('counts the retries of the client as one call', async () => {
      const busy = wire.failure(429)
      place.server.answers(busy, busy, wire.answer('at last'))
      await subject.call(wrapped({ maxRetries: 2 }))
      expect(place.server.requests).toHaveLength(3)
      expect(await record.of('model.call.started')).toHaveLength(1)
      expect(await outcomes()).toEqual(['ok'])
    })

    it('records a time-out and a refused connection as failures', async () => {
      place.server.answer(() => {})
      await expect(subject.call(wrapped(), { timeout: 30 })).rejects.toThrow('timed out')
      await expect(
        subject.call(subject.wrap(subject.make('http://127.0.0.1:1'), record.claw)),
      ).rejects.toThrow('Connection error')
      expect((await record.of('model.call.failed')).map(({ data }) => data.error.name)).toEqual([
        'APIConnectionTimeoutError',
        'APIConnectionError',
      ])
    })

    it('records an early break as a cancellation that keeps what had arrived, and closes the socket', async () => {
      place.server.answer(wire.open)
      for await (const event of (await subject.stream(wrapped())) as AsyncIterable<unknown>)
        if (subject.pieceOf(event) !== '') break
      await until(() => place.server.cut() === 1)
      expect(await outcomes()).toEqual(['cancelled'])
      expect(await output()).toContain('Once')
      expect(await record.of('run.cancelled')).toHaveLength(1)
    })

    it('records an abort by signal within the stream, though the loop ends silently', async () => {
      place.server.answer(wire.open)
      const abort = new AbortController()
      const promise = subject.stream(wrapped(), { signal: abort.signal })
      expect(await readStream(subject, promise, () => abort.abort())).toBe('Once')
      expect(await outcomes()).toEqual(['cancelled'])
      expect(await output()).toContain('Once')
    })

    it('records an abort before the answer, and before the request', async () => {
      place.server.answer(() => {})
      const abort = new AbortController()
      const promise = subject.call(wrapped(), { signal: abort.signal })
      await until(() => place.server.requests.length === 1)
      abort.abort()
      await expect(promise).rejects.toThrow('aborted')
      await expect(subject.call(wrapped(), { signal: AbortSignal.abort() })).rejects.toThrow('aborted')
      expect(await outcomes()).toEqual(['cancelled', 'cancelled'])
    })

    it('records a cancelled body as a cancellation, and closes the socket', async () => {
      place.server.answer(wire.open)
      const response = await subject.stream(wrapped()).asResponse()
      const reader = response.body?.getReader()
      await reader?.read()
      await reader?.cancel()
      await until(() => place.server.cut() === 1)
      expect(await outcomes()).toEqual(['cancelled'])
    })

    it('records a cut socket as a failure that keeps what had arrived', async () => {
      place.server.answer(async (request, response) => {
        await wire.open(request, response)
        setTimeout(() => response.destroy(), 20)
      })
      await expect(readStream(subject, subject.stream(wrapped()))).rejects.toThrow()
      expect((await record.of('model.call.failed'))[0]?.data.outcome).toBe('error')
      expect(await output()).toContain('Once')
    })

    it('does not take a stream that ends in the middle of an answer for a whole one', async () => {
      place.server.answer(wire.cut)
      expect(await readStream(subject, subject.stream(wrapped()))).toBe('Once')
      expect((await record.of('model.call.failed'))[0]?.data.error.message).toContain(
        'before the answer was complete',
      )
      expect(await output()).toContain('Once')
    })

    it.each(['a stream', 'a body'])('ends %s that nobody reads as unread after a while', async (what) => {
      const clock = createManualClock()
      const timed = recorded({ clock, idleTimeoutMs: 1_000 })
      const client = subject.wrap(subject.make(place.server.url), timed.claw)
      place.server.answers(what === 'a stream' ? wire.stream(['Hi']) : wire.answer('Hi'))
      if (what === 'a stream') await subject.stream(client)
      else await subject.call(client).asResponse()
      await clock.advance(2_500)
      const flushed = timed.claw.flush()
      await clock.advance(1_000)
      await flushed
      expect((await timed.of('model.call.completed')).map(({ data }) => data.outcome)).toEqual(['unread'])
      await timed.done()
    })
  })
}
