import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { type Recorded, recorded } from '../recorded.ts'
import type { ScriptedServer } from '../scripted-server.ts'
import type { ClientSubject } from './subject.ts'
import { readStream } from './read-stream.ts'

/** Answers that come to their end, whole and streamed, in every way they can be taken. */
export function describeAnswers<Client extends object>(
  subject: ClientSubject<Client>,
  place: { readonly server: ScriptedServer },
): void {
  const { wire } = subject
  let record: Recorded
  let bare: Client
  let client: Client
  beforeEach(() => {
    record = recorded()
    bare = subject.make(place.server.url)
    client = subject.wrap(bare, record.claw)
  })
  afterEach(() => record.done())

  describe('answers', () => {
    it('records a whole answer with its usage, ids and text', async () => {
      place.server.answer(wire.answer('Hello!'))
      expect(subject.textOf(await subject.call(client))).toBe('Hello!')
      expect((await record.events()).map(({ type }) => type)).toEqual([
        'run.started',
        'model.call.started',
        'usage.reported',
        'model.call.completed',
        'run.completed',
      ])
      const [completed] = await record.of('model.call.completed')
      expect(completed?.data).toMatchObject({ outcome: 'ok', requestId: 'req_test' })
      expect(completed?.data.responseId).toEqual(expect.any(String))
      expect(JSON.stringify(completed?.data.output)).toContain('Hello!')
      expect((await record.of('usage.reported'))[0]?.data).toMatchObject(wire.usage)
      expect(JSON.stringify((await record.of('model.call.started'))[0]?.data.input)).toContain('Say hello')
    })

    it('records a stream with its pieces, its first token and its usage', async () => {
      place.server.answer(wire.stream(['Hel', 'lo', '!']))
      expect(await readStream(subject, subject.stream(client))).toBe('Hello!')
      const [completed] = await record.of('model.call.completed')
      expect(completed?.data).toMatchObject({ outcome: 'ok', requestId: 'req_test' })
      expect(JSON.stringify(completed?.data.output)).toContain('Hello!')
      expect(completed?.data.firstTokenMs).toBeGreaterThan(0)
      expect((await record.of('usage.reported')).map(({ data }) => data)).toMatchObject([wire.usage])
      expect((await record.of('assistant.delta')).map(({ data }) => data.delta).join('')).toBe('Hello!')
    })

    it('returns the promise of the client', async () => {
      place.server.answer(wire.answer('Hello!'))
      const promises = [subject.call(client), subject.call(bare)] as const
      expect(promises[0].constructor).toBe(promises[1].constructor)
      await Promise.all(promises)
    })

    it('is one report for two awaits and withResponse', async () => {
      place.server.answer(wire.answer('Hello!'))
      const promise = subject.call(client)
      const [first, second, { data, response }] = await Promise.all([
        promise,
        promise,
        promise.withResponse(),
      ])
      expect(first).toBe(second)
      expect(data).toBe(first)
      expect(response.headers.get(subject.requestIdHeader)).toBe('req_test')
      expect(await record.of('model.call.completed')).toHaveLength(1)
      expect(place.server.requests).toHaveLength(1)
    })

    it('reports JSON that is taken as a response when it has been read', async () => {
      place.server.answer(wire.answer('Hëllo!'))
      const expected = await (await subject.call(bare).asResponse()).text()
      const response = await subject.call(client).asResponse()
      expect(await record.of('model.call.completed')).toEqual([])
      expect(await response.text()).toBe(expected)
      expect((await record.of('model.call.completed')).map(({ data }) => data.outcome)).toEqual(['ok'])
      expect((await record.of('usage.reported'))[0]?.data).toMatchObject(wire.usage)
    })

    it('hands out the bytes of a stream that is taken as a response, and reports them', async () => {
      place.server.answer(wire.stream(['Hel', 'lö', '!']))
      const expected = await (await subject.stream(bare).asResponse()).text()
      const response = await subject.stream(client).asResponse()
      expect(await response.text()).toBe(expected)
      const [completed] = await record.of('model.call.completed')
      expect(JSON.stringify(completed?.data.output)).toContain('Hellö!')
      expect((await record.of('usage.reported'))[0]?.data).toMatchObject(wire.usage)
    })

    it('reports what a derived client does, once', async () => {
      place.server.answer(wire.answer('Hello!'))
      await subject.call(subject.derive(subject.derive(client)))
      expect(await record.of('model.call.started')).toHaveLength(1)
    })

    it('leaves the given client alone', async () => {
      place.server.answer(wire.answer('Hello!'))
      await subject.call(bare)
      expect(await record.events()).toEqual([])
    })

    it('is wrapped once per claw', async () => {
      expect(subject.wrap(client, record.claw)).toBe(client)
      const other = recorded()
      const both = subject.wrap(client, other.claw)
      place.server.answers(wire.answer('Hello!'), wire.stream(['Hi']))
      await subject.call(both)
      await readStream(subject, subject.stream(both))
      for (const one of [record, other]) {
        expect(await one.of('model.call.completed')).toHaveLength(2)
        expect(await one.of('usage.reported')).toHaveLength(2)
      }
      await other.done()
    })
  })
}
