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
import { chatStream, chatUsage, chatUsageConverted, chunk, completion, events, usageChunk } from './wire.ts'

const streamed = {
  model: 'gpt-test',
  messages: [{ role: 'user' as const, content: 'Say hello' }],
  stream: true as const,
}
const fixture = useScriptedServer('x-request-id')

// Sends a first piece and keeps the connection open.
const openEnded = (_request: unknown, response: Parameters<typeof startEvents>[0]): void => {
  startEvents(response)
  sendEvent(response, chunk({ role: 'assistant', content: 'Once' }))
}

describe.each(clientKinds)('streams of $name', ({ make }) => {
  let record: Recorded
  beforeEach(() => {
    record = recorded()
  })
  afterEach(() => record.done())
  const wrapped = (options = {}, wrap = {}): ReturnType<typeof make> =>
    wrapOpenAI(make(fixture.server.url, options), record.claw, wrap)

  test('the caller who asks for the usage sees it, and the request is as the caller wrote it', async () => {
    fixture.server.answer(chatStream(['Hi']))
    const seen: unknown[] = []
    const stream = await wrapped().chat.completions.create({
      ...streamed,
      stream_options: { include_usage: true },
    })
    for await (const part of stream) seen.push(part.usage)
    expect(seen.at(-1)).toEqual(chatUsage)
    expect(seen[0]).toBeNull()
    expect(fixture.server.requests[0]?.body['stream_options']).toEqual({ include_usage: true })
    expect(await record.of('usage.reported')).toHaveLength(1)
  })

  test('include_usage: false is respected, other stream options are kept', async () => {
    fixture.server.answer(chatStream(['Hi']))
    const client = wrapped()
    for await (const part of await client.chat.completions.create({
      ...streamed,
      stream_options: { include_usage: false },
    }))
      void part
    const withOther = { ...streamed, stream_options: { include_obfuscation: false } }
    for await (const part of await client.chat.completions.create(withOther)) void part
    expect(fixture.server.requests.map(({ body }) => body['stream_options'])).toEqual([
      { include_usage: false },
      { include_obfuscation: false, include_usage: true },
    ])
    expect(withOther.stream_options).toEqual({ include_obfuscation: false })
  })

  test("streamUsage: 'off' leaves the request alone", async () => {
    fixture.server.answer(chatStream(['Hi']))
    for await (const part of await wrapped({}, { streamUsage: 'off' }).chat.completions.create(streamed))
      void part
    expect(fixture.server.requests[0]?.body).not.toHaveProperty('stream_options')
    expect(await record.of('usage.reported')).toEqual([])
    expect((await record.of('model.call.completed'))[0]?.data.outcome).toBe('ok')
  })

  test('a service that refuses stream_options is asked again without, once', async () => {
    const refusal = jsonAnswer(
      { error: { message: 'Unrecognized request argument supplied: stream_options', code: null } },
      400,
    )
    fixture.server.answers(refusal, chatStream(['Hi']), chatStream(['Ho']))
    const client = wrapped()
    const texts: string[] = []
    for (let turn = 0; turn < 2; turn++) {
      const { data, response } = await client.chat.completions.create(streamed).withResponse()
      expect(response.status).toBe(200)
      for await (const part of data) texts.push(part.choices[0]!.delta.content ?? '')
    }
    expect(texts.join('')).toBe('HiHo')
    expect(fixture.server.requests.map(({ body }) => 'stream_options' in body)).toEqual([true, false, false])
    expect((await record.of('model.call.completed')).map((event) => event.data.outcome)).toEqual(['ok', 'ok'])
    expect(await record.of('model.call.failed')).toEqual([])
  })

  test('any other 400 is the failure it is', async () => {
    fixture.server.answer(jsonAnswer({ error: { message: 'no such model', code: 'model_not_found' } }, 400))
    await expect(wrapped().chat.completions.create(streamed)).rejects.toThrow('no such model')
    expect(fixture.server.requests).toHaveLength(1)
    expect((await record.of('model.call.failed'))[0]?.data.error).toMatchObject({
      status: 400,
      code: 'model_not_found',
    })
  })

  test('usage on the last chunk with choices is seen and not hidden', async () => {
    fixture.server.answer(events(chunk({ content: 'Hi' }), { ...chunk({}, 'stop'), usage: chatUsage }))
    let count = 0
    for await (const part of await wrapped().chat.completions.create(streamed)) count += part.choices.length
    expect(count).toBe(2)
    expect((await record.of('usage.reported'))[0]?.data).toMatchObject(chatUsageConverted)
  })

  test("Azure's first chunk without choices is not taken for ours", async () => {
    const filter = { ...chunk({}), choices: [], prompt_filter_results: [{ prompt_index: 0 }] }
    fixture.server.answer(events(filter, chunk({ content: 'Hi' }), chunk({}, 'stop'), usageChunk()))
    const counts: number[] = []
    for await (const part of await wrapped().chat.completions.create(streamed))
      counts.push(part.choices.length)
    expect(counts).toEqual([0, 1, 1])
  })

  test('an abort by signal within the stream is a cancellation, though the loop ends silently', async () => {
    fixture.server.answer(openEnded)
    const abort = new AbortController()
    const seen: unknown[] = []
    for await (const part of await wrapped().chat.completions.create(streamed, { signal: abort.signal })) {
      seen.push(part)
      abort.abort()
    }
    expect(seen).toHaveLength(1)
    expect((await record.of('model.call.completed'))[0]?.data).toMatchObject({
      outcome: 'cancelled',
      output: { content: 'Once' },
    })
  })

  test('controller.abort() is a cancellation', async () => {
    fixture.server.answer(openEnded)
    const stream = await wrapped().chat.completions.create(streamed)
    for await (const part of stream) if (part.choices.length > 0) stream.controller.abort()
    expect((await record.of('model.call.completed'))[0]?.data.outcome).toBe('cancelled')
  })

  test('an abort before the answer is a cancellation', async () => {
    fixture.server.answer(() => {})
    const abort = new AbortController()
    const promise = wrapped().chat.completions.create(streamed, { signal: abort.signal })
    await until(() => fixture.server.requests.length === 1)
    abort.abort()
    await expect(promise).rejects.toThrow('aborted')
    expect((await record.of('model.call.completed'))[0]?.data.outcome).toBe('cancelled')
    expect(await record.of('run.cancelled')).toHaveLength(1)
  })

  test('a signal that was aborted before the call is a cancellation', async () => {
    await expect(
      wrapped().chat.completions.create(streamed, { signal: AbortSignal.abort() }),
    ).rejects.toThrow('aborted')
    expect((await record.of('model.call.completed'))[0]?.data.outcome).toBe('cancelled')
  })

  test('a break after the last word is no cancellation', async () => {
    fixture.server.answer(chatStream(['Hi']))
    for await (const part of await wrapped().chat.completions.create(streamed))
      if (part.choices[0]?.finish_reason) break
    expect((await record.of('model.call.completed'))[0]?.data).toMatchObject({
      outcome: 'ok',
      output: { content: 'Hi' },
    })
  })

  test('an error event in the stream fails the call and keeps what had arrived', async () => {
    fixture.server.answer(
      events(chunk({ content: 'Once' }), { error: { message: 'overloaded', code: 'server_error' } }),
    )
    const read = async (): Promise<void> => {
      for await (const part of await wrapped().chat.completions.create(streamed)) void part
    }
    await expect(read()).rejects.toThrow()
    const [failed] = await record.of('model.call.failed')
    expect(failed?.data).toMatchObject({
      outcome: 'error',
      output: { content: 'Once' },
      error: { code: 'server_error' },
    })
  })

  test('a cut socket fails the call', async () => {
    fixture.server.answer((request, response) => {
      openEnded(request, response)
      setTimeout(() => response.destroy(), 20)
    })
    const read = async (): Promise<void> => {
      for await (const part of await wrapped().chat.completions.create(streamed)) void part
    }
    await expect(read()).rejects.toThrow()
    expect((await record.of('model.call.failed'))[0]?.data).toMatchObject({
      outcome: 'error',
      output: { content: 'Once' },
    })
  })

  test('a stream that ends in the middle of an answer is not reported as a whole one', async () => {
    fixture.server.answer(events(chunk({ content: 'Once' })))
    for await (const part of await wrapped().chat.completions.create(streamed)) void part
    expect((await record.of('model.call.failed'))[0]?.data.error.message).toContain(
      'before the answer was complete',
    )
  })

  test('tool calls, thinking and several choices are put together', async () => {
    const toolPiece = (index: number, more: Record<string, unknown>): Record<string, unknown> =>
      chunk({ tool_calls: [{ index, ...more }] })
    fixture.server.answer(
      events(
        chunk({ reasoning_content: 'Hm' }),
        chunk({ content: 'A' }),
        { ...chunk({}), choices: [{ index: 1, delta: { content: 'B' }, finish_reason: 'stop' }] },
        toolPiece(0, { id: 'call_1', type: 'function', function: { name: 'add', arguments: '' } }),
        toolPiece(0, { function: { arguments: '{"a"' } }),
        toolPiece(1, { id: 'call_2', type: 'function', function: { name: 'sub', arguments: '{}' } }),
        toolPiece(0, { function: { arguments: ':1}' } }),
        chunk({}, 'tool_calls'),
      ),
    )
    for await (const part of await wrapped().chat.completions.create({ ...streamed, n: 2 })) void part
    const [completed] = await record.of('model.call.completed')
    expect(completed?.data.output).toEqual([
      {
        role: 'assistant',
        content: 'A',
        reasoning_content: 'Hm',
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'add', arguments: '{"a":1}' } },
          { id: 'call_2', type: 'function', function: { name: 'sub', arguments: '{}' } },
        ],
      },
      { role: 'assistant', content: 'B' },
    ])
    expect((await record.of('thinking.delta')).map((event) => event.data.delta)).toEqual(['Hm'])
    expect((await record.of('assistant.delta')).map((event) => event.data.delta)).toEqual(['A'])
  })

  test('chunks of a wrong shape do no harm', async () => {
    const odd = [
      { choices: 'none' },
      { choices: [null] },
      { choices: [{ index: 1e9, delta: { content: 'x' } }] },
      { nothing: true },
      7,
    ]
    fixture.server.answer(events(...odd, chunk({ content: 'Hi' }, 'stop')))
    let count = 0
    const client = wrapped()
    const bare = make(fixture.server.url)
    const read = async (from: ReturnType<typeof make>): Promise<number> => {
      for await (const part of (await from.chat.completions.create(streamed)) as AsyncIterable<unknown>)
        count += part === undefined ? 0 : 1
      return count
    }
    const outcome = async (from: ReturnType<typeof make>): Promise<string> => {
      count = 0
      return read(from).then(
        (seen) => `${seen} seen`,
        (error: unknown) => `${count} seen, ${String(error)}`,
      )
    }
    expect(await outcome(client)).toBe(await outcome(bare))
    record.faults.length = 0
  })

  test('the legacy completions stream too', async () => {
    const piece = (text: string, reason: string | null = null): Record<string, unknown> => ({
      id: 'cmpl-1',
      object: 'text_completion',
      model: 'gpt-old',
      choices: [{ index: 0, text, logprobs: null, finish_reason: reason }],
    })
    fixture.server.answer(
      events(piece('Once'), piece(' upon', 'length'), { ...piece(''), choices: [], usage: chatUsage }),
    )
    const texts: string[] = []
    for await (const part of await wrapped().completions.create({
      model: 'gpt-old',
      prompt: 'Tell',
      stream: true,
    })) {
      texts.push(part.choices[0]!.text)
    }
    expect(texts).toEqual(['Once', ' upon'])
    expect(fixture.server.requests[0]?.body['stream_options']).toEqual({ include_usage: true })
    expect((await record.of('model.call.completed'))[0]?.data).toMatchObject({
      outcome: 'length',
      output: 'Once upon',
    })
    expect((await record.of('usage.reported'))[0]?.data).toMatchObject(chatUsageConverted)
    expect((await record.of('model.call.started'))[0]?.data).toMatchObject({
      operation: 'completion',
      input: 'Tell',
    })
  })

  test.each(['a stream', 'a promise'])('%s that nobody reads is unread after a while', async (what) => {
    const clock = createManualClock()
    const timed = recorded({ clock, idleTimeoutMs: 1_000 })
    const client = wrapOpenAI(make(fixture.server.url), timed.claw)
    fixture.server.answers(what === 'a stream' ? chatStream(['Hi']) : jsonAnswer(completion('Hi')))
    if (what === 'a stream') await client.chat.completions.create(streamed)
    else {
      const promise = client.chat.completions.create({ ...streamed, stream: false })
      await (promise as unknown as { responsePromise: Promise<unknown> }).responsePromise
    }
    await clock.advance(2_500)
    const flushed = timed.claw.flush()
    await clock.advance(1_000)
    await flushed
    expect((await timed.of('model.call.completed')).map((event) => event.data.outcome)).toEqual(['unread'])
    await timed.done()
  })
})
