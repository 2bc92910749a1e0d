import {
  createManualClock,
  jsonAnswer,
  type Recorded,
  recorded,
  sendEvent,
  startEvents,
  until,
  useScriptedServer,
} from '@pincer/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { wrapOpenAI } from '../src/index.ts'
import { clientKinds } from './clients.ts'
import { chatStream, chatUsageConverted, chunk, completion } from './wire.ts'

const hello = { model: 'gpt-test', messages: [{ role: 'user' as const, content: 'Say hello' }] }
const streamed = { ...hello, stream: true as const }
const fixture = useScriptedServer('x-request-id')

describe.each(clientKinds)('asResponse of $name', ({ make }) => {
  let record: Recorded
  let client: ReturnType<typeof make>
  beforeEach(() => {
    record = recorded()
    client = wrapOpenAI(make(fixture.server.url), record.claw)
  })
  afterEach(() => record.done())
  const outcomes = async (): Promise<string[]> =>
    (await record.of('model.call.completed')).map(({ data }) => data.outcome)

  test('JSON is the same text and is reported when it has been read', async () => {
    fixture.server.answer(jsonAnswer(completion('Hëllo!')))
    const response = await client.chat.completions.create(hello).asResponse()
    expect(await outcomes()).toEqual([])
    expect(await response.text()).toBe(JSON.stringify(completion('Hëllo!')))
    expect((await record.of('model.call.completed')).map(({ data }) => data)).toMatchObject([
      { outcome: 'ok', output: { content: 'Hëllo!' }, requestId: 'req_test' },
    ])
    expect((await record.of('usage.reported')).map(({ data }) => data)).toMatchObject([chatUsageConverted])
  })

  test('events are the bytes the caller would get without us, and are reported', async () => {
    fixture.server.answer(chatStream(['Hel', 'lö', '! "usage":null']))
    const bare = await (await make(fixture.server.url).chat.completions.create(streamed).asResponse()).text()
    const response = await client.chat.completions.create(streamed).asResponse()
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    expect(await response.text()).toBe(bare)
    expect(fixture.server.requests.at(-1)?.body['stream_options']).toEqual({ include_usage: true })
    expect((await record.of('model.call.completed'))[0]?.data).toMatchObject({
      outcome: 'ok',
      output: { content: 'Hellö! "usage":null'.replace('Hellö', 'Hellö') },
    })
    expect((await record.of('usage.reported')).map(({ data }) => data)).toMatchObject([chatUsageConverted])
  })

  test('events that arrive in odd pieces, with other line ends', async () => {
    const wire = `: comment\r\ndata: ${JSON.stringify(chunk({ content: 'Hé' }))}\r\n\r\ndata: ${JSON.stringify(chunk({}, 'stop'))}\r\n\r\ndata: [DONE]\r\n\r\n`
    fixture.server.answer(async (_request, response) => {
      startEvents(response)
      const bytes = Buffer.from(wire)
      for (let at = 0; at < bytes.length; at += 7) {
        response.write(bytes.subarray(at, at + 7))
        await new Promise((resolve) => setImmediate(resolve))
      }
      response.end()
    })
    expect(await (await client.chat.completions.create(streamed).asResponse()).text()).toBe(wire)
    expect((await record.of('model.call.completed'))[0]?.data).toMatchObject({
      outcome: 'ok',
      output: { content: 'Hé' },
    })
  })

  test('a body can be read by a BYOB reader and cloned', async () => {
    fixture.server.answer(jsonAnswer(completion('Hello!')))
    const response = await client.chat.completions.create(hello).asResponse()
    const copy = response.clone()
    const reader = response.body!.getReader()
    let size = 0
    for (let step = await reader.read(); !step.done; step = await reader.read()) size += step.value.length
    expect(size).toBe(JSON.stringify(completion('Hello!')).length)
    expect(await copy.json()).toEqual(completion('Hello!'))
    const again = await client.chat.completions.create(hello).asResponse()
    const byob = again.body!.getReader({ mode: 'byob' })
    let byobSize = 0
    for (
      let step = await byob.read(new Uint8Array(64));
      !step.done;
      step = await byob.read(new Uint8Array(64))
    )
      byobSize += step.value.length
    expect(byobSize).toBe(size)
    expect(await outcomes()).toEqual(['ok', 'ok'])
  })

  test('a cancelled body is a cancellation and closes the socket', async () => {
    fixture.server.answer((_request, response) => {
      startEvents(response)
      sendEvent(response, chunk({ content: 'Once' }))
    })
    const response = await client.chat.completions.create(streamed).asResponse()
    const reader = response.body!.getReader()
    await reader.read()
    await reader.cancel()
    await until(() => fixture.server.cut() === 1)
    expect((await record.of('model.call.completed'))[0]?.data).toMatchObject({
      outcome: 'cancelled',
      output: { content: 'Once' },
    })
  })

  test('an abort while the body is read is a cancellation, a cut socket a failure', async () => {
    const abort = new AbortController()
    let cut = false
    fixture.server.answer((_request, response) => {
      startEvents(response)
      sendEvent(response, chunk({ content: 'Once' }))
      if (cut) setTimeout(() => response.destroy(), 20)
    })
    const response = await client.chat.completions.create(streamed, { signal: abort.signal }).asResponse()
    const text = response.text()
    setTimeout(() => abort.abort(), 20)
    await expect(text).rejects.toThrow()
    expect(await outcomes()).toEqual(['cancelled'])
    cut = true
    await expect((await client.chat.completions.create(streamed).asResponse()).text()).rejects.toThrow()
    expect(await record.of('model.call.failed')).toHaveLength(1)
  })

  test('the response of parse and of the stream helpers is reported too', async () => {
    fixture.server.answer(jsonAnswer(completion('{}')))
    const response = await client.chat.completions.parse(hello).asResponse()
    await response.json()
    expect(await outcomes()).toEqual(['ok'])
  })

  test('asked twice it is the same response', async () => {
    fixture.server.answer(jsonAnswer(completion('Hello!')))
    const promise = client.chat.completions.create(hello)
    const [first, second] = await Promise.all([promise.asResponse(), promise.asResponse()])
    expect(first).toBe(second)
    await first.text()
    expect(await outcomes()).toEqual(['ok'])
  })

  test('a body that nobody reads is unread after a while', async () => {
    const clock = createManualClock()
    const timed = recorded({ clock, idleTimeoutMs: 1_000 })
    fixture.server.answer(jsonAnswer(completion('Hello!')))
    await wrapOpenAI(make(fixture.server.url), timed.claw).chat.completions.create(hello).asResponse()
    await clock.advance(2_500)
    const flushed = timed.claw.flush()
    await clock.advance(1_000)
    await flushed
    expect((await timed.of('model.call.completed')).map(({ data }) => data.outcome)).toEqual(['unread'])
    await timed.done()
  })

  test('two awaits and withResponse are one report', async () => {
    fixture.server.answer(jsonAnswer(completion('Hello!')))
    const promise = client.chat.completions.create(hello)
    const [first, second, { data }] = await Promise.all([promise, promise, promise.withResponse()])
    expect(first).toBe(second)
    expect(data).toBe(first)
    expect(await outcomes()).toEqual(['ok'])
    expect(fixture.server.requests).toHaveLength(1)
  })
})
