import { jsonAnswer, type Recorded, recorded, until, useScriptedServer } from '@pincer/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { wrapAnthropic } from '../src/index.ts'
import { clientKinds } from './clients.ts'
import { message, openStream, textStream, toolUse } from './wire.ts'

const hello = {
  model: 'claude-test',
  max_tokens: 100,
  messages: [{ role: 'user' as const, content: 'Say hello' }],
}
const streamed = { ...hello, stream: true as const }

const fixture = useScriptedServer('request-id')

// The rows of the 17-point probe, in its order.
describe.each(clientKinds)('a wrapped $name stays what it is', ({ base, has, make }) => {
  let record: Recorded
  let original: ReturnType<typeof make>
  let client: ReturnType<typeof make>
  beforeEach(() => {
    record = recorded()
    original = make(fixture.server.url)
    client = wrapAnthropic(original, record.claw)
  })
  afterEach(() => record.done())
  const modelCalls = async (): Promise<number> => (await record.of('model.call.started')).length

  test('1 and 2: same class and keys, no Proxy; instanceof holds', () => {
    expect(client).toBeInstanceOf(base)
    expect(client.constructor).toBe(original.constructor)
    expect(Object.keys(client).toSorted()).toEqual(Object.keys(original).toSorted())
    expect(Object.keys(client.messages)).toEqual(Object.keys(original.messages))
    expect(client.baseURL).toBe(original.baseURL)
    for (const name of ['awsRegion', 'region', 'projectId'])
      expect(Reflect.get(client, name)).toBe(Reflect.get(original, name))
  })

  test('3: the original client is untouched', async () => {
    expect(client).not.toBe(original)
    expect(Object.getOwnPropertyNames(original.messages)).not.toContain('create')
    fixture.server.answer(jsonAnswer(message('Hello!')))
    await original.messages.create(hello)
    expect(await modelCalls()).toBe(0)
  })

  test('4: create returns an APIPromise', async () => {
    fixture.server.answer(jsonAnswer(message('Hello!')))
    const promise = client.messages.create(hello)
    const bare = original.messages.create(hello)
    expect(promise.constructor).toBe(bare.constructor)
    expect(promise).toBeInstanceOf(Promise)
    await Promise.all([promise, bare])
  })

  test('5: withResponse', async () => {
    fixture.server.answer(jsonAnswer(message('Hello!')))
    const { data, response, request_id: requestId } = await client.messages.create(hello).withResponse()
    expect(data.content).toMatchObject([{ text: 'Hello!' }])
    expect(response.status).toBe(200)
    expect(requestId).toBe('req_test')
  })

  test('6: asResponse', async () => {
    fixture.server.answer(jsonAnswer(message('Hello!')))
    const response = await client.messages.create(hello).asResponse()
    expect(response).toBeInstanceOf(Response)
    expect(response.url).toContain(fixture.server.url)
    expect(response.headers.get('request-id')).toBe('req_test')
    expect(await response.json()).toEqual(message('Hello!'))
  })

  test('7: _request_id', async () => {
    fixture.server.answer(jsonAnswer(message('Hello!')))
    const answer = await client.messages.create(hello)
    expect(answer._request_id).toBe('req_test')
    expect(Object.keys(answer)).not.toContain('_request_id')
  })

  test('8: streams keep tee, controller and toReadableStream', async () => {
    fixture.server.answer(textStream(['Hel', 'lo']))
    const [stream, bare] = await Promise.all([
      client.messages.create(streamed),
      original.messages.create(streamed),
    ])
    expect(stream.constructor).toBe(bare.constructor)
    expect(stream.controller).toBeInstanceOf(AbortController)
    const texts = await Promise.all(
      stream.tee().map(async (branch) => {
        let text = ''
        for await (const event of branch)
          if (event.type === 'content_block_delta' && event.delta.type === 'text_delta')
            text += event.delta.text
        return text
      }),
    )
    expect(texts).toEqual(['Hello', 'Hello'])
    expect((await record.of('model.call.completed')).map((event) => event.data.outcome)).toEqual(['ok'])
    const lines = await new Response((await client.messages.create(streamed)).toReadableStream()).text()
    expect(lines).toBe(await new Response(bare.toReadableStream()).text())
    expect(await modelCalls()).toBe(2)
  })

  test('9: an early break closes the socket', async () => {
    fixture.server.answer(openStream)
    for await (const event of await client.messages.create(streamed))
      if (event.type === 'content_block_delta') break
    await until(() => fixture.server.cut() === 1)
  })

  const testWhere = (isThere: boolean): typeof test | (() => void) => (isThere ? test : () => {})

  testWhere(has.parse)('10: parse makes one request and one report', async () => {
    fixture.server.answer(jsonAnswer(message('{"name":"Ada"}')))
    const schema = { type: 'object' as const, properties: { name: { type: 'string' } } }
    const format = {
      type: 'json_schema' as const,
      schema,
      parse: (text: string): unknown => JSON.parse(text),
    }
    const answer = await client.messages.parse({ ...hello, output_config: { format } })
    expect(answer.parsed_output).toEqual({ name: 'Ada' })
    expect(fixture.server.requests).toHaveLength(1)
    expect(await modelCalls()).toBe(1)
    expect(await record.of('model.call.completed')).toHaveLength(1)
  })

  test('11: stream() with its events, its private fields and its final message', async () => {
    fixture.server.answer(textStream(['Hel', 'lo']))
    for (const { messages } of [client, client.beta] as const) {
      const seen: string[] = []
      const stream = (messages as typeof client.messages).stream(hello)
      stream.on('text', (delta) => seen.push(delta))
      const answer = await stream.finalMessage()
      expect(await stream.finalText()).toBe('Hello')
      expect(answer.usage.output_tokens).toBe(5)
      expect(stream.request_id).toBe('req_test')
      expect(stream.ended).toBe(true)
      expect(seen).toEqual(['Hel', 'lo'])
    }
    expect(await modelCalls()).toBe(2)
    expect(await record.of('usage.reported')).toHaveLength(2)
  })

  testWhere(has.toolRunner)('12: toolRunner', async () => {
    fixture.server.answers(
      jsonAnswer(message([toolUse('toolu_1', 'add', { a: 1, b: 2 })], 'tool_use')),
      jsonAnswer(message('3')),
    )
    const runner = client.beta.messages.toolRunner({
      ...hello,
      tools: [
        {
          name: 'add',
          description: 'adds',
          input_schema: { type: 'object', properties: {} },
          parse: (input: unknown) => input as { a: number; b: number },
          run: ({ a, b }: { a: number; b: number }) => String(a + b),
        },
      ],
    })
    const bare = original.beta.messages.toolRunner({ ...hello, tools: [] })
    expect(runner.constructor).toBe(bare.constructor)
    expect((await runner).content).toMatchObject([{ text: '3' }])
    expect(await modelCalls()).toBe(2)
  })

  test('13: beta.messages, and counting tokens', async () => {
    fixture.server.answers(jsonAnswer(message('Hi')), jsonAnswer({ input_tokens: 14 }))
    const answer = await client.beta.messages.create(hello)
    expect(answer.content).toMatchObject([{ text: 'Hi' }])
    expect(await modelCalls()).toBe(1)
    if (!has.countTokens) return
    expect(await client.messages.countTokens({ model: 'claude-test', messages: hello.messages })).toEqual({
      input_tokens: 14,
    })
    expect(await modelCalls()).toBe(2)
    expect(await record.of('usage.reported')).toHaveLength(1)
    expect((await record.of('model.call.completed'))[1]?.data.output).toEqual({ inputTokens: 14 })
  })

  test('14: what withOptions makes is wrapped too, and only once', async () => {
    fixture.server.answer(jsonAnswer(message('Hello!')))
    const derived = client.withOptions({ timeout: 5_000 }).withOptions({ maxRetries: 1 })
    expect(derived.timeout).toBe(5_000)
    expect(derived).toBeInstanceOf(base)
    await derived.messages.create(hello)
    expect(await modelCalls()).toBe(1)
  })

  test('15: methods on private fields work', () => {
    expect(client.buildURL('/v1/models', null)).toBe(original.buildURL('/v1/models', null))
  })

  test('16: models.list stays a page and is not reported', async () => {
    if (!('models' in client)) return expect('models' in original).toBe(false)
    const data = [
      { id: 'm-1', type: 'model' },
      { id: 'm-2', type: 'model' },
    ]
    fixture.server.answer(jsonAnswer({ data, has_more: false, first_id: 'm-1', last_id: 'm-2' }))
    const page = await client.models.list()
    expect(page.getPaginatedItems().map(({ id }) => id)).toEqual(['m-1', 'm-2'])
    const ids: string[] = []
    for await (const model of client.models.list()) ids.push(model.id)
    expect(ids).toEqual(['m-1', 'm-2'])
    expect(await record.events()).toEqual([])
  })

  test('17: wrapping twice for the same claw is a no-op, for another claw both see', async () => {
    expect(wrapAnthropic(client, record.claw)).toBe(client)
    const other = recorded()
    const both = wrapAnthropic(client, other.claw)
    fixture.server.answers(jsonAnswer(message('Hello!')), textStream(['Hi']))
    await both.messages.create(hello)
    for await (const event of await both.messages.create(streamed)) expect(event.type).toBeDefined()
    expect(await modelCalls()).toBe(2)
    expect(await other.of('model.call.completed')).toHaveLength(2)
    expect(await record.of('usage.reported')).toHaveLength(2)
    await other.done()
  })
})
