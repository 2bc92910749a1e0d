import type { LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { createManualClock } from '@pincer/testing'
import { APICallError, generateText, isStepCount, streamText, tool } from 'ai'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'

import { pincerTelemetry } from '../src/index.ts'
import { type Recorded, recorded } from './telemetry-fixture.ts'
import { call, hang, partsOf, say, ScriptedModel, streamOf, type Turn, usage } from './telemetry-model.ts'
import { add } from './telemetry-tools.ts'

let record: Recorded
let telemetry: { integrations: ReturnType<typeof pincerTelemetry>[] }
beforeEach(() => use(recorded()))
afterEach(() => record.done())

function use(next: Recorded): void {
  record = next
  telemetry = { integrations: [pincerTelemetry(record.claw)] }
}

const prompt = 'hi'
const onError = (): void => {}
const stream = (parts: readonly LanguageModelV4StreamPart[], isOpen = false): Turn => streamOf(parts, isOpen)
const text: readonly LanguageModelV4StreamPart[] = [
  { type: 'text-start', id: '1' },
  { type: 'text-delta', id: '1', delta: 'One ' },
  { type: 'text-delta', id: '1', delta: 'two' },
]

/** Reads a stream to its end and returns what it threw. */
async function read(turn: Turn | readonly Turn[], more: object = {}): Promise<unknown> {
  const model = new ScriptedModel([turn].flat() as Turn[])
  const result = streamText({ prompt, telemetry, onError, model, ...more })
  try {
    for await (const _ of result.stream) void _
    return undefined
  } catch (error) {
    return error
  }
}

describe('an abort', () => {
  test('of a whole answer cancels the call and the run', async () => {
    const abort = new AbortController()
    setImmediate(() => abort.abort())
    const model = new ScriptedModel([hang])
    await expect(
      generateText({ model, prompt, telemetry, abortSignal: abort.signal }),
    ).rejects.toHaveProperty('name', 'AbortError')
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started generateText
        model.call.started model
        model.call.completed cancelled aborted
      run.cancelled aborted"
    `)
  })

  test('of a stream keeps what had arrived', async () => {
    const abort = new AbortController()
    const model = new ScriptedModel([stream(text, true)])
    const result = streamText({ model, prompt, telemetry, abortSignal: abort.signal })
    for await (const part of result.stream)
      if (part.type === 'text-delta' && part.text === 'two') abort.abort()
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started streamText
        model.call.started model
        assistant.delta One two
        model.call.completed cancelled aborted
      run.cancelled aborted"
    `)
    expect((await record.of('model.call.completed'))[0]?.data.output).toBe('One two')
  })

  test('of a stream with a reason of its own is a cancellation all the same', async () => {
    const abort = new AbortController()
    const model = new ScriptedModel([stream(text, true)])
    const result = streamText({ model, prompt, telemetry, abortSignal: abort.signal })
    for await (const part of result.stream)
      if (part.type === 'text-delta' && part.text === 'two') abort.abort(new Error('the user left'))
    expect((await record.of('run.cancelled'))[0]?.data.reason).toBe('aborted')
  })

  test('cancels the tools that are executed', async () => {
    for (const isStream of [false, true]) {
      const abort = new AbortController()
      const wait = tool({
        inputSchema: z.object({}),
        execute: (_, { abortSignal }) =>
          new Promise((_resolve, reject) => {
            abortSignal?.addEventListener('abort', () => reject(abortSignal.reason))
            setImmediate(() => abort.abort())
          }),
      })
      const options = { prompt, telemetry, tools: { wait }, stopWhen: isStepCount(3) }
      const model = new ScriptedModel([call(['wait', {}, 'c1'])])
      if (isStream) await read([call(['wait', {}, 'c1'])], { ...options, abortSignal: abort.signal })
      else await expect(generateText({ ...options, model, abortSignal: abort.signal })).rejects.toThrow()
    }
    const ends = await record.of('tool.call.completed')
    expect(ends.map(({ data }) => data.outcome)).toEqual(['cancelled', 'cancelled'])
    expect(await record.of('run.cancelled')).toHaveLength(2)
    expect(await record.of('tool.call.failed')).toEqual([])
  })

  test('before anything has begun leaves a cancelled run', async () => {
    const abortSignal = AbortSignal.abort()
    await read(hang, { abortSignal })
    await generateText({ model: new ScriptedModel([hang]), prompt, telemetry, abortSignal }).catch(onError)
    const runs = await record.of('run.cancelled')
    expect(runs.length).toBe((await record.of('run.started')).length)
    expect(record.claw.stats().open).toBe(0)
  })
})

test('a time limit of the AI SDK times the run out', async () => {
  // Its timers keep no process alive.
  const alive = setInterval(() => {}, 1_000)
  await expect(
    generateText({ model: new ScriptedModel([hang]), prompt, telemetry, timeout: 5 }),
  ).rejects.toHaveProperty('name', 'TimeoutError')
  await read(stream(text, true), { timeout: 5 })
  clearInterval(alive)
  expect(await record.list()).toMatchInlineSnapshot(`
    "run.started generateText
      model.call.started model
      model.call.failed error
    run.timed_out timed out
    run.started streamText
      model.call.started model
      assistant.delta One two
      model.call.failed error
    run.timed_out timed out"
  `)
})

describe('a failure', () => {
  test('of a request is what the call and the run failed with', async () => {
    const model = new ScriptedModel([new RangeError('boom')])
    await expect(generateText({ model, prompt, telemetry })).rejects.toThrow('boom')
    await read(new RangeError('boom'))
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started generateText
        model.call.started model
        model.call.failed error
      run.failed
      run.started streamText
        model.call.started model
        model.call.failed error
      run.failed"
    `)
    const errors = [...(await record.of('model.call.failed')), ...(await record.of('run.failed'))]
    expect(errors.map(({ data }) => data.error)).toEqual(
      Array.from({ length: 4 }, () => ({ name: 'RangeError', message: 'boom' })),
    )
  })

  test('of a stream on its way keeps what had arrived', async () => {
    let index = 0
    const broken = new ReadableStream<LanguageModelV4StreamPart>({
      pull(controller) {
        const part = text[index++]
        if (part === undefined) controller.error(new TypeError('the line is dead'))
        else controller.enqueue(part)
      },
    })
    expect(await read(broken)).toBeInstanceOf(TypeError)
    const [failed] = await record.of('model.call.failed')
    expect(failed?.data).toMatchObject({ output: 'One two', error: { message: 'the line is dead' } })
    expect((await record.of('run.failed'))[0]?.data.error.message).toBe('the line is dead')
  })

  test('that a stream tells in a part is told, with or without a finish part', async () => {
    const error = { type: 'error', error: new RangeError('overloaded') } as const
    const finish = { type: 'finish', finishReason: { unified: 'error', raw: 'overloaded' }, usage } as const
    await read(stream([...text, error, finish]))
    await read(stream([...text, error]))
    const failed = await record.of('model.call.failed')
    expect(failed.map(({ data }) => [data.error.message, data.output])).toEqual([
      ['overloaded', 'One two'],
      ['overloaded', 'One two'],
    ])
    expect((await record.of('run.failed')).map(({ data }) => data.error)).toEqual([
      { name: 'RangeError', message: 'overloaded' },
      { name: 'RangeError', message: 'overloaded' },
    ])
    // What was used before it failed was used.
    expect(await record.of('usage.reported')).toHaveLength(1)
  })

  test('has the status of the HTTP response', async () => {
    const error = new APICallError({
      message: 'busy',
      url: 'http://model.test',
      requestBodyValues: {},
      statusCode: 503,
      isRetryable: false,
      responseHeaders: { 'x-request-id': 'req_7' },
    })
    await generateText({ model: new ScriptedModel([error]), prompt, telemetry }).catch(onError)
    expect((await record.of('model.call.failed'))[0]?.data.error).toEqual({
      name: 'APICallError',
      message: 'busy',
      status: 503,
      requestId: 'req_7',
    })
  })
})

test('a stream that ends without a finish part is a call that was cut, in a run that ended as the AI SDK says', async () => {
  await read(stream([...text, { type: 'text-end', id: '1' }]))
  expect(await record.list()).toMatchInlineSnapshot(`
    "run.started streamText
      model.call.started model
      assistant.delta One two
      model.call.failed error
    run.completed other"
  `)
  expect((await record.of('model.call.failed'))[0]?.data).toMatchObject({
    output: 'One two',
    error: { message: 'the stream ended before the answer was complete' },
  })
})

test('an interrupted answer is a cancelled or a timed out run', async () => {
  const interrupted = (raw: string): Turn => say('One', { finish: { unified: 'interrupted', raw } })
  for (const raw of ['cancelled', 'timed_out'])
    await generateText({ model: new ScriptedModel([interrupted(raw)]), prompt, telemetry })
  expect(await record.of('run.cancelled')).toHaveLength(1)
  expect(await record.of('run.timed_out')).toHaveLength(1)
})

describe('an attempt', () => {
  const busy = (): APICallError =>
    new APICallError({
      message: 'busy',
      url: 'http://model.test',
      requestBodyValues: {},
      statusCode: 429,
      isRetryable: true,
      responseHeaders: { 'retry-after-ms': '1' },
    })

  test('is a model call, for each is a request', async () => {
    await generateText({ model: new ScriptedModel([busy(), say('One')]), prompt, telemetry })
    await read([busy(), say('One')])
    const lines = (await record.list()).split('\n')
    expect(lines.slice(0, lines.length / 2).join('\n')).toMatchInlineSnapshot(`
      "run.started generateText
        model.call.started model
        model.call.failed error
        model.call.started model
        usage.reported model-2026 15
        model.call.completed ok
      run.completed stop"
    `)
    expect((await record.of('model.call.failed')).map(({ data }) => data.error.status)).toEqual([429, 429])
    expect(await record.of('usage.reported')).toHaveLength(2)
  })

  test('that is the last one fails the run', async () => {
    const model = new ScriptedModel([busy(), busy(), busy()])
    await expect(generateText({ model, prompt, telemetry })).rejects.toThrow('Failed after 3 attempts')
    expect(await record.of('model.call.failed')).toHaveLength(3)
    expect((await record.of('run.failed'))[0]?.data.error).toMatchObject({ name: 'RetryError', status: 429 })
  })

  test('may be another stream after an error in the first', async () => {
    const failing = stream([{ type: 'error', error: new Error('overloaded') }], true)
    await read([failing, say('One')], { streamRetries: 1 })
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started streamText
        model.call.started model
        model.call.failed error
        model.call.started model
        assistant.delta One
        usage.reported model-2026 15
        model.call.completed ok
      run.completed stop"
    `)
  })
})

describe('a stream that nobody reads any further', () => {
  const hour = 3_600_000
  const endless = (): Turn => stream(partsOf(say('One two three four five six')).slice(0, -1), true)

  test.each(['broken off', 'never read'])('is closed by time where it was %s', async (how) => {
    const clock = createManualClock()
    use(recorded({ clock }))
    const result = streamText({ model: new ScriptedModel([endless()]), prompt, telemetry })
    if (how === 'broken off') for await (const _ of result.textStream) break
    await clock.advance(100)
    expect(record.claw.stats().open).toBe(2)
    await clock.advance(hour)
    expect(record.claw.stats().open).toBe(0)
    const [ended] = await record.of('model.call.completed')
    expect(['abandoned', 'unread']).toContain(ended?.data.outcome)
    expect((await record.of('run.timed_out'))[0]?.data.reason).toBe('nobody read it any further')
    expect((await record.events()).filter(({ type }) => type.endsWith('failed'))).toEqual([])
  })

  test('is closed by time between two steps', async () => {
    const clock = createManualClock()
    use(recorded({ clock }))
    const model = new ScriptedModel([call(['add', { a: 1, b: 2 }, 'c1']), endless()])
    const result = streamText({ model, prompt, telemetry, tools: { add }, stopWhen: isStepCount(3) })
    for await (const part of result.stream) if (part.type === 'tool-result') break
    await clock.advance(hour)
    expect(record.claw.stats().open).toBe(0)
    expect(await record.of('run.timed_out')).toHaveLength(1)
  })

  test('is not one that is read slowly', async () => {
    const clock = createManualClock()
    use(recorded({ clock, outbox: { requestTimeoutMs: 1e9 } }))
    let index = 0
    const parts = partsOf(say('One two three four five six'))
    const slow = new ReadableStream<LanguageModelV4StreamPart>({
      async pull(controller) {
        await clock.advance(300_000)
        const part = parts[index++]
        if (part === undefined) controller.close()
        else controller.enqueue(part)
      },
    })
    expect(await read(slow)).toBeUndefined()
    const delivered = record.claw.flush()
    await clock.advance(1_000)
    await delivered
    expect((await record.list()).split('\n').slice(-1)).toEqual(['run.completed stop'])
    expect(await record.of('usage.reported')).toHaveLength(1)
  })

  test('leaves nothing open, however many there are', async () => {
    const clock = createManualClock()
    use(recorded({ clock, maxOpen: 20_000 }))
    const aborts: AbortController[] = []
    for (let index = 0; index < 3_000; index++) {
      const abort = new AbortController()
      const abortSignal = abort.signal
      const result = streamText({ model: new ScriptedModel([endless()]), prompt, telemetry, abortSignal })
      if (index % 3 === 0) for await (const _ of result.textStream) break
      if (index % 3 === 1) aborts.push(abort)
      if (index % 3 === 1) void result.consumeStream({ onError })
    }
    await clock.advance(100)
    for (const abort of aborts) abort.abort()
    await clock.advance(100)
    expect(record.claw.stats().open).toBe(4_000)
    await clock.advance(hour)
    expect(record.claw.stats().open).toBe(0)
    expect(await record.of('run.cancelled')).toHaveLength(1_000)
    expect(await record.of('run.timed_out')).toHaveLength(2_000)
    expect(await record.of('run.failed')).toEqual([])
  }, 30_000)
})
