import {
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
import { chatStream, chunk, completion, responseObject, toolCompletion } from './wire.ts'

const hello = { model: 'gpt-test', messages: [{ role: 'user' as const, content: 'Say hello' }] }
const streamed = { ...hello, stream: true as const }

const fixture = useScriptedServer('x-request-id')

// The rows of the 17-point probe, in its order.
describe.each(clientKinds)('a wrapped $name stays what it is', ({ base, azure, make }) => {
  let record: Recorded
  let original: ReturnType<typeof make>
  let client: ReturnType<typeof make>
  beforeEach(() => {
    record = recorded()
    original = make(fixture.server.url)
    client = wrapOpenAI(original, record.claw)
  })
  afterEach(() => record.done())
  const modelCalls = async (): Promise<number> => (await record.of('model.call.started')).length

  test('1 and 2: same class and keys, no Proxy; instanceof holds', () => {
    expect(client).toBeInstanceOf(base)
    expect(client.constructor).toBe(original.constructor)
    expect(Object.keys(client).toSorted()).toEqual(Object.keys(original).toSorted())
    expect(Object.keys(client.chat.completions)).toEqual(Object.keys(original.chat.completions))
    expect(client.baseURL).toBe(original.baseURL)
    if (azure) {
      expect(client).toMatchObject({ apiVersion: '2025-04-01-preview', deploymentName: 'gpt-test' })
    }
  })

  test('3: the original client is untouched', async () => {
    expect(client).not.toBe(original)
    expect(Object.getOwnPropertyNames(original.chat.completions)).not.toContain('create')
    fixture.server.answer(jsonAnswer(completion('Hello!')))
    await original.chat.completions.create(hello)
    expect(await modelCalls()).toBe(0)
  })

  test('4: create returns an APIPromise', async () => {
    fixture.server.answer(jsonAnswer(completion('Hello!')))
    const promise = client.chat.completions.create(hello)
    const bare = original.chat.completions.create(hello)
    expect(promise.constructor).toBe(bare.constructor)
    expect(promise).toBeInstanceOf(Promise)
    await Promise.all([promise, bare])
  })

  test('5: withResponse', async () => {
    fixture.server.answer(jsonAnswer(completion('Hello!')))
    const {
      data,
      response,
      request_id: requestId,
    } = await client.chat.completions.create(hello).withResponse()
    expect(data.choices[0]?.message.content).toBe('Hello!')
    expect(response.status).toBe(200)
    expect(requestId).toBe('req_test')
  })

  test('6: asResponse', async () => {
    fixture.server.answer(jsonAnswer(completion('Hello!')))
    const response = await client.chat.completions.create(hello).asResponse()
    expect(response).toBeInstanceOf(Response)
    expect(response.url).toContain(fixture.server.url)
    expect(response.headers.get('x-request-id')).toBe('req_test')
    expect(await response.json()).toEqual(completion('Hello!'))
  })

  test('7: _request_id', async () => {
    fixture.server.answer(jsonAnswer(completion('Hello!')))
    const answer = await client.chat.completions.create(hello)
    expect(answer._request_id).toBe('req_test')
    expect(Object.keys(answer)).not.toContain('_request_id')
  })

  test('8: streams keep tee, controller and toReadableStream', async () => {
    fixture.server.answer(chatStream(['Hel', 'lo']))
    const [stream, bare] = await Promise.all([
      client.chat.completions.create(streamed),
      original.chat.completions.create(streamed),
    ])
    expect(stream.constructor).toBe(bare.constructor)
    expect(stream.controller).toBeInstanceOf(AbortController)
    const [left, right] = stream.tee()
    const texts = await Promise.all(
      [left, right].map(async (branch) => {
        let text = ''
        for await (const part of branch) text += part.choices[0]?.delta.content ?? ''
        return text
      }),
    )
    expect(texts).toEqual(['Hello', 'Hello'])
    expect((await record.of('model.call.completed')).map((event) => event.data.outcome)).toEqual(['ok'])
    const lines = await new Response(
      (await client.chat.completions.create(streamed)).toReadableStream(),
    ).text()
    const bareLines = await new Response(bare.toReadableStream()).text()
    expect(lines).toBe(bareLines)
    expect(await modelCalls()).toBe(2)
  })

  test('9: an early break closes the socket', async () => {
    fixture.server.answer((_request, response) => {
      startEvents(response)
      sendEvent(response, chunk({ role: 'assistant', content: 'Once' }))
    })
    for await (const part of await client.chat.completions.create(streamed))
      if (part.choices.length > 0) break
    await until(() => fixture.server.cut() === 1)
  })

  test('10: parse makes one request and one report', async () => {
    fixture.server.answer(jsonAnswer(completion('{"name":"Ada"}')))
    const schema = {
      type: 'object',
      properties: { name: { type: 'string' } },
      required: ['name'],
      additionalProperties: false,
    }
    const format = { type: 'json_schema' as const, json_schema: { name: 'person', strict: true, schema } }
    const answer = await client.chat.completions.parse({ ...hello, response_format: format })
    expect(answer.choices[0]?.message.parsed).toEqual({ name: 'Ada' })
    expect(fixture.server.requests).toHaveLength(1)
    expect(await modelCalls()).toBe(1)
    expect(await record.of('model.call.completed')).toHaveLength(1)
  })

  test('11: stream().finalChatCompletion()', async () => {
    fixture.server.answer(chatStream(['Hel', 'lo']))
    const seen: string[] = []
    const stream = client.chat.completions.stream(hello)
    stream.on('content', (delta) => seen.push(delta))
    stream.on('chunk', (part) => expect(part.choices).toHaveLength(1))
    const answer = await stream.finalChatCompletion()
    expect(answer.choices[0]?.message.content).toBe('Hello')
    expect(answer.usage ?? undefined).toBeUndefined()
    expect(seen).toEqual(['Hel', 'lo'])
    expect(await modelCalls()).toBe(1)
    expect(await record.of('usage.reported')).toHaveLength(1)
  })

  test('12: runTools', async () => {
    fixture.server.answers(
      jsonAnswer(toolCompletion({ id: 'call_1', name: 'add', arguments: '{"a":1,"b":2}' })),
      jsonAnswer(completion('3')),
    )
    const runner = client.chat.completions.runTools({
      ...hello,
      tools: [
        {
          type: 'function',
          function: {
            name: 'add',
            description: 'adds',
            parameters: { type: 'object', properties: {} },
            parse: JSON.parse as (text: string) => { a: number; b: number },
            function: ({ a, b }: { a: number; b: number }) => String(a + b),
          },
        },
      ],
    })
    expect(await runner.finalContent()).toBe('3')
    expect(await modelCalls()).toBe(2)
  })

  test('13: responses and embeddings', async () => {
    fixture.server.answers(
      jsonAnswer(responseObject('Hi')),
      jsonAnswer({
        object: 'list',
        model: 'emb',
        data: [{ object: 'embedding', index: 0, embedding: [0.1, 0.2] }],
        usage: { prompt_tokens: 3, total_tokens: 3 },
      }),
    )
    const answer = await client.responses.create({ model: 'gpt-test', input: 'Hi' })
    expect(answer.output_text).toBe('Hi')
    const vectors = await client.embeddings.create({ model: 'emb', input: 'Hi', encoding_format: 'float' })
    expect(vectors.data[0]?.embedding).toEqual([0.1, 0.2])
    expect(await modelCalls()).toBe(2)
  })

  test('14: what withOptions makes is wrapped too, and only once', async () => {
    fixture.server.answer(jsonAnswer(completion('Hello!')))
    const derived = client.withOptions({ timeout: 5_000 }).withOptions({ maxRetries: 1 })
    expect(derived.timeout).toBe(5_000)
    expect(derived).toBeInstanceOf(base)
    await derived.chat.completions.create(hello)
    expect(await modelCalls()).toBe(1)
  })

  test('15: methods on private fields work', () => {
    expect(client.buildURL('/models', null)).toBe(original.buildURL('/models', null))
  })

  test('16: models.list stays a page and is not reported', async () => {
    fixture.server.answer(
      jsonAnswer({
        object: 'list',
        data: [
          { id: 'm-1', object: 'model' },
          { id: 'm-2', object: 'model' },
        ],
      }),
    )
    const page = await client.models.list()
    expect(page.getPaginatedItems().map(({ id }) => id)).toEqual(['m-1', 'm-2'])
    const ids: string[] = []
    for await (const model of client.models.list()) ids.push(model.id)
    expect(ids).toEqual(['m-1', 'm-2'])
    expect(await record.events()).toEqual([])
  })

  test('17: wrapping twice for the same claw is a no-op, for another claw both see', async () => {
    expect(wrapOpenAI(client, record.claw)).toBe(client)
    const other = recorded()
    const both = wrapOpenAI(client, other.claw)
    fixture.server.answers(jsonAnswer(completion('Hello!')), chatStream(['Hi']))
    await both.chat.completions.create(hello)
    for await (const part of await both.chat.completions.create(streamed))
      expect(part.choices[0]!.delta).toBeDefined()
    expect(await modelCalls()).toBe(2)
    expect(await other.of('model.call.completed')).toHaveLength(2)
    expect(await record.of('usage.reported')).toHaveLength(2)
  })
})
