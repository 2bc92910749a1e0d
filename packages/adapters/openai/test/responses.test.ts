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
import { events, responseEvents, responseObject, responseUsageConverted } from './wire.ts'

const question = { model: 'gpt-test', input: 'Say hello', instructions: 'Be brief' }
const fixture = useScriptedServer('x-request-id')

describe.each(clientKinds)('responses of $name', ({ make }) => {
  let record: Recorded
  let client: ReturnType<typeof make>
  beforeEach(() => {
    record = recorded()
    client = wrapOpenAI(make(fixture.server.url), record.claw)
  })
  afterEach(() => record.done())

  test('a plain response is one model call with its usage', async () => {
    fixture.server.answer(jsonAnswer(responseObject('Hello!')))
    expect((await client.responses.create(question)).output_text).toBe('Hello!')
    expect((await record.of('model.call.started'))[0]?.data).toMatchObject({
      operation: 'response',
      input: 'Say hello',
      parameters: { instructions: 'Be brief' },
    })
    expect((await record.of('model.call.completed'))[0]?.data).toMatchObject({
      outcome: 'ok',
      responseId: 'resp_1',
      finishReason: 'completed',
      output: [{ type: 'message', content: [{ text: 'Hello!' }] }],
    })
    expect((await record.of('usage.reported')).map(({ data }) => data)).toMatchObject([
      responseUsageConverted,
    ])
  })

  test('a stream and the stream helper are one call each', async () => {
    const list = [
      ...responseEvents(['Hel', 'lo']),
      { type: 'response.completed', sequence_number: 99, response: responseObject('Hello') },
    ]
    fixture.server.answer(events(...list))
    const types: string[] = []
    for await (const event of await client.responses.create({ ...question, stream: true }))
      types.push(event.type)
    expect(types).toHaveLength(list.length)
    const final = await client.responses.stream(question).finalResponse()
    expect(final.output[0]).toMatchObject({ content: [{ text: 'Hello' }] })
    expect((await record.of('model.call.completed')).map(({ data }) => data)).toMatchObject([
      { outcome: 'ok' },
      { outcome: 'ok' },
    ])
    expect(await record.of('usage.reported')).toHaveLength(2)
    expect((await record.of('assistant.delta')).map(({ data }) => data.delta).join('')).toBe('HelloHello')
    expect(fixture.server.requests[0]?.body).not.toHaveProperty('stream_options')
  })

  test('parse is one call', async () => {
    fixture.server.answer(jsonAnswer(responseObject('{"name":"Ada"}')))
    const schema = {
      type: 'object',
      properties: { name: { type: 'string' } },
      required: ['name'],
      additionalProperties: false,
    }
    const answer = await client.responses.parse({
      ...question,
      text: { format: { type: 'json_schema', name: 'person', strict: true, schema } },
    })
    expect(answer.output_parsed).toEqual({ name: 'Ada' })
    expect(await record.of('model.call.completed')).toHaveLength(1)
  })

  test('an early break keeps the text so far', async () => {
    fixture.server.answer((_request, response) => {
      startEvents(response)
      for (const event of responseEvents(['Once upon']).slice(0, 5)) sendEvent(response, event)
    })
    for await (const event of await client.responses.create({ ...question, stream: true })) {
      if (event.type === 'response.output_text.delta') break
    }
    await until(() => fixture.server.cut() === 1)
    expect((await record.of('model.call.completed'))[0]?.data).toMatchObject({
      outcome: 'cancelled',
      responseId: 'resp_1',
      output: [{ status: 'incomplete', content: [{ text: 'Once upon' }] }],
    })
  })

  test.each([
    ['length', 'max_output_tokens'],
    ['content_filter', 'content_filter'],
  ])('an incomplete response is %s', async (outcome, reason) => {
    const incomplete = responseObject('cut', { status: 'incomplete', incomplete_details: { reason } })
    fixture.server.answers(
      jsonAnswer(incomplete),
      events(...responseEvents(['cut']), { type: 'response.incomplete', response: incomplete }),
    )
    await client.responses.create(question)
    for await (const event of await client.responses.create({ ...question, stream: true })) void event
    expect((await record.of('model.call.completed')).map(({ data }) => data)).toMatchObject([
      { outcome, finishReason: reason },
      { outcome, finishReason: reason },
    ])
    expect(await record.of('usage.reported')).toHaveLength(2)
  })

  test('a refusal is told apart', async () => {
    const output = [
      {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'refusal', refusal: 'No.' }],
      },
    ]
    fixture.server.answer(jsonAnswer(responseObject('', { output })))
    await client.responses.create(question)
    expect((await record.of('model.call.completed'))[0]?.data.outcome).toBe('refusal')
  })

  test('a failed response fails the call, in a stream too', async () => {
    const failed = responseObject('', {
      status: 'failed',
      error: { code: 'server_error', message: 'It broke' },
      output: [],
    })
    fixture.server.answers(
      jsonAnswer(failed),
      events(...responseEvents(['x']).slice(0, 2), { type: 'response.failed', response: failed }),
    )
    await client.responses.create(question)
    for await (const event of await client.responses.create({ ...question, stream: true })) void event
    expect((await record.of('model.call.failed')).map(({ data }) => data.error)).toMatchObject([
      { message: 'It broke', code: 'server_error' },
      { message: 'It broke', code: 'server_error' },
    ])
  })

  const pending = responseObject('', { status: 'queued', output: [], usage: null, background: true })

  test('a background response stays open until a retrieve shows its end', async () => {
    fixture.server.answers(
      jsonAnswer(pending),
      jsonAnswer({ ...pending, status: 'in_progress' }),
      jsonAnswer(responseObject('Done')),
    )
    const { id } = await client.responses.create({ ...question, background: true })
    await client.responses.retrieve(id)
    expect(await record.of('model.call.completed')).toEqual([])
    await client.withOptions({ timeout: 1_000 }).responses.retrieve(id)
    await client.responses.retrieve(id)
    expect((await record.of('model.call.completed')).map(({ data }) => data)).toMatchObject([
      { outcome: 'ok', responseId: 'resp_1' },
    ])
    expect(await record.of('model.call.started')).toHaveLength(1)
    expect((await record.of('usage.reported')).map(({ data }) => data)).toMatchObject([
      responseUsageConverted,
    ])
  })

  test('a failing retrieve does not end a background response, a failed response does', async () => {
    const failed = responseObject('', {
      status: 'failed',
      error: { code: 'server_error', message: 'It broke' },
      output: [],
    })
    fixture.server.answers(
      jsonAnswer(pending),
      jsonAnswer({ error: { message: 'busy' } }, 500),
      jsonAnswer(failed),
    )
    const { id } = await client.responses.create({ ...question, background: true })
    await expect(client.responses.retrieve(id)).rejects.toThrow('busy')
    expect(await record.of('model.call.failed')).toEqual([])
    await client.responses.retrieve(id)
    expect((await record.of('model.call.failed'))[0]?.data.error.message).toBe('It broke')
  })

  test('responses.cancel cancels a background response', async () => {
    fixture.server.answers(jsonAnswer(pending), jsonAnswer({ ...pending, status: 'cancelled' }))
    const { id } = await client.responses.create({ ...question, background: true })
    await client.responses.cancel(id)
    expect((await record.of('model.call.completed')).map(({ data }) => data)).toMatchObject([
      { outcome: 'cancelled', reason: 'cancelled at the provider' },
    ])
  })

  test('a background stream that is left can be followed by a retrieve with a stream', async () => {
    const list = responseEvents(['Hel', 'lo'])
    const end = { type: 'response.completed', sequence_number: 99, response: responseObject('Hello') }
    fixture.server.answers(
      (_request, response) => {
        startEvents(response)
        for (const event of list.slice(0, 5)) sendEvent(response, event)
      },
      events(...list, end),
    )
    for await (const event of await client.responses.create({
      ...question,
      background: true,
      stream: true,
    })) {
      if (event.type === 'response.output_text.delta') break
    }
    expect(await record.of('model.call.completed')).toEqual([])
    for await (const event of await client.responses.retrieve('resp_1', { stream: true })) void event
    expect((await record.of('model.call.completed')).map(({ data }) => data.outcome)).toEqual(['ok'])
    expect((await record.of('assistant.delta')).map(({ data }) => data.delta)).toEqual(['Hel'])
  })

  test('a background response that nobody asks for is unread after a while; a foreign one is not reported', async () => {
    const clock = createManualClock()
    const timed = recorded({ clock, idleTimeoutMs: 1_000 })
    fixture.server.answers(jsonAnswer(pending), jsonAnswer(responseObject('foreign', { id: 'resp_other' })))
    const other = wrapOpenAI(make(fixture.server.url), timed.claw)
    await other.responses.create({ ...question, background: true })
    await other.responses.retrieve('resp_other')
    await clock.advance(2_500)
    const flushed = timed.claw.flush()
    await clock.advance(1_000)
    await flushed
    expect((await timed.of('model.call.completed')).map(({ data }) => data.outcome)).toEqual(['unread'])
    await timed.done()
  })

  test('an error event fails the call', async () => {
    fixture.server.answer(
      events(...responseEvents(['Once']).slice(0, 5), {
        type: 'error',
        code: 'rate_limit',
        message: 'too fast',
        param: null,
      }),
    )
    const read = async (): Promise<void> => {
      for await (const event of await client.responses.create({ ...question, stream: true })) void event
    }
    // The older client hands this event out like any other.
    await read().catch(() => {})
    expect((await record.of('model.call.failed'))[0]?.data).toMatchObject({
      error: { code: 'rate_limit' },
      responseId: 'resp_1',
    })
  })
})
