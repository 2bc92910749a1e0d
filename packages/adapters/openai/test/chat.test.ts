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
import { chatStream, chatUsageConverted, chunk, completion, events } from './wire.ts'

const hello = { model: 'gpt-test', messages: [{ role: 'user' as const, content: 'Say hello' }] }

const fixture = useScriptedServer('x-request-id')

describe.each(clientKinds)('$name', ({ make }) => {
  let record: Recorded
  beforeEach(() => {
    record = recorded()
  })
  afterEach(() => record.done())
  const wrapped = (options = {}): ReturnType<typeof make> =>
    wrapOpenAI(make(fixture.server.url, options), record.claw)

  test('a plain answer is one model call with its usage', async () => {
    fixture.server.answer(jsonAnswer(completion('Hello!')))
    const answer = await wrapped().chat.completions.create({ ...hello, temperature: 0.5 })
    expect(answer.choices[0]?.message.content).toBe('Hello!')
    const [started] = await record.of('model.call.started')
    expect(started?.data).toMatchObject({
      model: 'gpt-test',
      operation: 'chat',
      input: hello.messages,
      parameters: { temperature: 0.5 },
      stream: false,
    })
    const [completed] = await record.of('model.call.completed')
    expect(completed?.data).toMatchObject({
      outcome: 'ok',
      finishReason: 'stop',
      responseId: 'chatcmpl-1',
      requestId: 'req_test',
      output: { role: 'assistant', content: 'Hello!' },
    })
    const usage = await record.of('usage.reported')
    expect(usage.map((event) => event.data)).toMatchObject([
      { ...chatUsageConverted, model: 'gpt-test-2026' },
    ])
    expect((await record.events()).map((event) => event.type)).toEqual([
      'run.started',
      'model.call.started',
      'usage.reported',
      'model.call.completed',
      'run.completed',
    ])
  })

  test('a stream reports text, first token and usage, and shows the caller nothing it did not ask for', async () => {
    fixture.server.answer(chatStream(['Hel', 'lo', '!']))
    const stream = await wrapped().chat.completions.create({ ...hello, stream: true })
    let text = ''
    for await (const part of stream) {
      expect(part).not.toHaveProperty('usage')
      text += part.choices[0]!.delta.content ?? ''
    }
    expect(text).toBe('Hello!')
    const [completed] = await record.of('model.call.completed')
    expect(completed?.data).toMatchObject({
      outcome: 'ok',
      output: { role: 'assistant', content: 'Hello!' },
      finishReason: 'stop',
    })
    expect(completed?.data.firstTokenMs).toBeGreaterThan(0)
    expect((await record.of('usage.reported')).map((event) => event.data)).toMatchObject([chatUsageConverted])
    expect((await record.of('assistant.delta')).map((event) => event.data.delta).join('')).toBe('Hello!')
    expect((await record.of('model.call.started'))[0]?.data.parameters).not.toHaveProperty('stream_options')
  })

  test('an early break is a cancellation that keeps what had arrived', async () => {
    fixture.server.answer((_request, response) => {
      startEvents(response)
      sendEvent(response, chunk({ role: 'assistant', content: 'Once' }))
    })
    const stream = await wrapped().chat.completions.create({ ...hello, stream: true })
    for await (const part of stream) if (part.choices.length > 0) break
    await until(() => fixture.server.cut() === 1)
    const [completed] = await record.of('model.call.completed')
    expect(completed?.data).toMatchObject({ outcome: 'cancelled', output: { content: 'Once' } })
    expect(await record.of('run.cancelled')).toHaveLength(1)
  })

  test.each(['length', 'content_filter'])('%s is told apart', async (reason) => {
    fixture.server.answers(jsonAnswer(completion('cut', {}, reason)), chatStream(['cut'], reason))
    const client = wrapped()
    await client.chat.completions.create(hello)
    for await (const part of await client.chat.completions.create({ ...hello, stream: true })) void part
    expect((await record.of('model.call.completed')).map((event) => event.data.outcome)).toEqual([
      reason,
      reason,
    ])
  })

  test('a refusal is told apart', async () => {
    fixture.server.answers(
      jsonAnswer(completion('', { content: null, refusal: 'No.' })),
      events(chunk({ role: 'assistant', refusal: 'N' }), chunk({ refusal: 'o.' }), chunk({}, 'stop')),
    )
    const client = wrapped()
    await client.chat.completions.create(hello)
    for await (const part of await client.chat.completions.create({ ...hello, stream: true })) void part
    const completed = await record.of('model.call.completed')
    expect(completed.map((event) => event.data)).toMatchObject([
      { outcome: 'refusal', output: { refusal: 'No.' } },
      { outcome: 'refusal', output: { refusal: 'No.' } },
    ])
  })

  test('a failure keeps status, code and request id', async () => {
    fixture.server.answer(
      jsonAnswer({ error: { message: 'bad key', code: 'invalid_api_key', type: 'x' } }, 401),
    )
    await expect(wrapped().chat.completions.create(hello)).rejects.toThrow('bad key')
    const [failed] = await record.of('model.call.failed')
    expect(failed?.data).toMatchObject({
      outcome: 'error',
      error: { name: 'AuthenticationError', status: 401, code: 'invalid_api_key', requestId: 'req_test' },
    })
    expect(await record.of('run.failed')).toHaveLength(1)
  })

  test('retries inside the client are one call', async () => {
    const busy = jsonAnswer({ error: { message: 'slow down' } }, 429, { 'retry-after-ms': '1' })
    fixture.server.answers(busy, busy, jsonAnswer(completion('at last')))
    await wrapped({ maxRetries: 2 }).chat.completions.create(hello)
    expect(fixture.server.requests).toHaveLength(3)
    expect((await record.of('model.call.started')).length).toBe(1)
    expect((await record.of('model.call.completed')).map((event) => event.data.outcome)).toEqual(['ok'])
  })
})
