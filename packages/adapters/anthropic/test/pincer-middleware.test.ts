import type { Middleware } from '@anthropic-ai/sdk'
import { jsonAnswer, type Recorded, recorded, until, useScriptedServer } from '@pincer/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { pincerMiddleware, wrapAnthropic } from '../src/index.ts'
import { clientKinds } from './clients.ts'
import { failure, message, openStream, textStream, toolUse, usageConverted } from './wire.ts'

const hello = {
  model: 'claude-test',
  max_tokens: 100,
  messages: [{ role: 'user' as const, content: 'Say hello' }],
}
const streamed = { ...hello, stream: true as const }
const fixture = useScriptedServer('request-id')
const kinds = clientKinds.filter(({ has }) => has.middleware)
const busy = failure(529, 'overloaded_error', 'busy', { 'retry-after-ms': '1' })

describe.each(kinds)('the middleware in $name', ({ make, provider, has }) => {
  let record: Recorded
  const tapped = (options: object = {}, own: object = {}): ReturnType<typeof make> =>
    make(fixture.server.url, {
      ...options,
      middleware: [pincerMiddleware(record.claw, { provider, ...own })],
    })
  beforeEach(() => {
    record = recorded()
  })
  afterEach(() => record.done())
  const outcomes = async (): Promise<string[]> =>
    (await record.of('model.call.completed')).map(({ data }) => data.outcome)

  test('every way to call a model is one report', async () => {
    const client = tapped()
    fixture.server.answers(
      jsonAnswer(message('Hello!')),
      textStream(['Hel', 'lo!']),
      textStream(['Hel', 'lo!']),
      textStream(['Hel', 'lo!']),
      jsonAnswer(message('Hello!')),
      jsonAnswer(message('Hello!')),
    )
    expect((await client.messages.create(hello)).content).toMatchObject([{ text: 'Hello!' }])
    for await (const event of await client.messages.create(streamed)) void event
    expect(await client.messages.stream(hello).finalText()).toBe('Hello!')
    expect(await (await client.messages.create(streamed).asResponse()).text()).toContain('message_stop')
    expect((await client.messages.create(hello).withResponse()).data.id).toBe('msg_1')
    expect((await client.withOptions({ timeout: 5_000 }).beta.messages.create(hello)).id).toBe('msg_1')
    const ends = await record.of('model.call.completed')
    expect(ends.map(({ data }) => data)).toMatchObject(
      Array.from({ length: 6 }, () => ({
        outcome: 'ok',
        requestId: 'req_test',
        responseId: 'msg_1',
        output: { content: [{ type: 'text', text: 'Hello!' }] },
      })),
    )
    expect((await record.of('usage.reported')).map(({ data }) => data)).toMatchObject(
      Array.from({ length: 6 }, () => ({ ...usageConverted, provider, model: 'claude-test-2026' })),
    )
    expect((await record.of('model.call.started')).map(({ data }) => data.stream)).toEqual([
      false,
      true,
      true,
      true,
      false,
      false,
    ])
    expect(fixture.server.requests).toHaveLength(6)
  })

  test('counting tokens and lists of models', async () => {
    const client = tapped()
    if (has.countTokens) {
      fixture.server.answer(jsonAnswer({ input_tokens: 14 }))
      await client.messages.countTokens({ model: 'claude-test', messages: hello.messages })
      expect((await record.of('model.call.completed')).map(({ data }) => data.output)).toEqual([
        { inputTokens: 14 },
      ])
    }
    if (!('models' in client)) return
    fixture.server.answer(jsonAnswer({ data: [], has_more: false, first_id: null, last_id: null }))
    await client.models.list()
    expect(await record.of('model.call.started')).toHaveLength(has.countTokens ? 1 : 0)
    expect(await record.of('usage.reported')).toEqual([])
  })

  test('retries are one call, whose bodies are read by the client alone', async () => {
    const client = tapped({ maxRetries: 2 })
    fixture.server.answers(busy, busy, jsonAnswer(message('at last')))
    await client.messages.create(hello)
    expect(fixture.server.requests).toHaveLength(3)
    expect(await record.of('model.call.started')).toHaveLength(1)
    expect(await outcomes()).toEqual(['ok'])
  })

  test('the last failure is the failure of the call, told at once', async () => {
    const client = tapped({ maxRetries: 1 })
    fixture.server.answer(busy)
    const error: unknown = await client.messages.create(hello).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ status: 529, message: expect.stringContaining('busy') as string })
    expect(fixture.server.requests).toHaveLength(2)
    expect((await record.of('model.call.failed')).map(({ data }) => data.error)).toMatchObject([
      { name: 'OverloadedError', code: 'overloaded_error', status: 529, requestId: 'req_test' },
    ])
    expect(await record.of('run.failed')).toHaveLength(1)
  })

  test('a service out of reach is a failure, soon where retries could follow, at once where none can', async () => {
    const middleware = [pincerMiddleware(record.claw, { provider, maxRetries: 0 })]
    await expect(make('http://127.0.0.1:1', { middleware }).messages.create(hello)).rejects.toThrow(
      'Connection error',
    )
    expect(await record.of('model.call.failed')).toHaveLength(1)
    const unknown = [pincerMiddleware(record.claw)]
    await expect(make('http://127.0.0.1:1', { middleware: unknown }).messages.create(hello)).rejects.toThrow()
    expect(await record.of('model.call.failed')).toHaveLength(1)
    await until(async () => (await record.of('model.call.failed')).length === 2)
  })

  test('a lost connection that a retry makes good is one call', async () => {
    let asked = 0
    fixture.server.answer((request, response) => {
      if (++asked === 1) return void response.destroy()
      return jsonAnswer(message('Hello!'))(request, response)
    })
    await tapped({ maxRetries: 1 }).messages.create(hello)
    expect(await record.of('model.call.started')).toHaveLength(1)
    expect(await outcomes()).toEqual(['ok'])
  })

  test('aborts, breaks and time-outs are told apart', async () => {
    const client = tapped({}, { maxRetries: 0 })
    const abort = new AbortController()
    fixture.server.answer(() => {})
    const promise = client.messages.create(hello, { signal: abort.signal })
    await until(() => fixture.server.requests.length === 1)
    abort.abort()
    await expect(promise).rejects.toThrow('aborted')
    await expect(client.messages.create(hello, { timeout: 30 })).rejects.toThrow('timed out')
    fixture.server.answer(openStream)
    for await (const event of await client.messages.create(streamed))
      if (event.type === 'content_block_delta') break
    const stream = await client.messages.create(streamed)
    for await (const event of stream) if (event.type === 'content_block_delta') stream.controller.abort()
    await until(async () => (await outcomes()).length === 3)
    expect(
      (await record.of('model.call.completed')).map(({ data }) => [data.outcome, data.output]),
    ).toMatchObject([
      ['cancelled', undefined],
      ['cancelled', { content: [{ text: 'Once' }] }],
      ['cancelled', { content: [{ text: 'Once' }] }],
    ])
    expect((await record.of('model.call.failed')).map(({ data }) => data.error.name)).toEqual([
      'APIConnectionTimeoutError',
    ])
  })

  test('a cut socket keeps the text so far', async () => {
    fixture.server.answer(async (request, response) => {
      await openStream(request, response)
      setTimeout(() => response.destroy(), 20)
    })
    const read = async (): Promise<void> => {
      for await (const event of await tapped().messages.create(streamed)) void event
    }
    await expect(read()).rejects.toThrow()
    expect((await record.of('model.call.failed'))[0]?.data).toMatchObject({
      output: { content: [{ text: 'Once' }] },
    })
  })

  test('other middleware may read and repeat', async () => {
    const texts: string[] = []
    let repeats = 0
    const outer: Middleware[] = [
      async (request, next) => {
        let response = await next(request)
        if (response.status === 529 && repeats++ === 0) response = await next(request)
        texts.push(await response.clone().text())
        return response
      },
    ]
    const middleware = [...outer, pincerMiddleware(record.claw, { provider })]
    fixture.server.answers(busy, jsonAnswer(message('Hello!')))
    const client = make(fixture.server.url, { middleware })
    expect((await client.messages.create(hello)).id).toBe('msg_1')
    expect(texts[0]).toContain('Hello!')
    expect(await record.of('model.call.started')).toHaveLength(1)
    expect(await outcomes()).toEqual(['ok'])
  })

  test('wrapped as well it is one report, in tool loops too; other claws see their own', async () => {
    const other = recorded()
    const middleware = [pincerMiddleware(record.claw), pincerMiddleware(other.claw, { provider })]
    const client = wrapAnthropic(make(fixture.server.url, { middleware }), record.claw)
    fixture.server.answers(
      jsonAnswer(message('Hello!')),
      textStream(['Hi']),
      jsonAnswer(message([toolUse('toolu_1', 'time', {})], 'tool_use')),
      jsonAnswer(message('Noon')),
    )
    await client.messages.create(hello)
    await client.messages.stream(hello).finalMessage()
    const time = { name: 'time', input_schema: { type: 'object' as const }, parse: Object, run: () => 'noon' }
    await client.beta.messages.toolRunner({ ...hello, tools: [time] })
    for (const one of [record, other]) {
      await until(async () => (await one.of('model.call.completed')).length === 4)
      expect(await one.of('model.call.started')).toHaveLength(4)
      expect(await one.of('usage.reported')).toHaveLength(4)
    }
    expect(await record.of('tool.call.completed')).toHaveLength(1)
    await other.done()
  })

  test('middleware of one request counts like that of the client', async () => {
    fixture.server.answer(jsonAnswer(message('Hello!')))
    const middleware = [pincerMiddleware(record.claw)]
    await make(fixture.server.url).messages.create(hello, { middleware })
    await wrapAnthropic(make(fixture.server.url), record.claw).messages.create(hello, { middleware })
    expect(await record.of('model.call.started')).toHaveLength(2)
  })

  test('a fault of ours never reaches the host', async () => {
    const faults: string[] = []
    const broken = recorded({ onError: (_error, where) => void faults.push(where) })
    const claw = Object.create(broken.claw, {
      startModelCall: {
        value: () => {
          throw new Error('broken')
        },
      },
      report: { value: (error: unknown, where: string) => broken.claw.report(error, where) },
    }) as Recorded['claw']
    fixture.server.answer(jsonAnswer(message('Hello!')))
    const client = make(fixture.server.url, { middleware: [pincerMiddleware(claw)] })
    expect((await client.messages.create(hello)).id).toBe('msg_1')
    expect(faults).toEqual(['anthropic'])
    await broken.claw.close()
  })
})

test('no claw is refused', () => {
  const make = pincerMiddleware as (...given: readonly unknown[]) => unknown
  expect(() => make()).toThrow(expect.objectContaining({ code: 'invalid_option' }))
  expect(() => make({ gateway: {} })).toThrow('expected a claw of createClient')
})
