import type { LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { type ClawEvent, type Gateway, GatewayError, type GatewayRun, type RunResult } from '@pincer/protocol'
import { generateText, streamText } from 'ai'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { createPincer } from '../src/index.ts'
import { callOf, openStream, streamAll } from './conformance/call.ts'
import { onlyPart, partsOf, textOf } from './conformance/parts.ts'
import { readParts } from './conformance/read-parts.ts'
import { say } from './conformance/scripted-agent.ts'
import { stand } from './conformance/whole-run.ts'

globalThis.AI_SDK_LOG_WARNINGS = false

/** A gateway with one run, whose readings tell what is written down; a reading that is an error ends with it. */
function gatewayOf(
  readings: readonly (readonly [events: readonly Partial<ClawEvent>[], then: 'end' | 'silence' | Error])[],
  result: Partial<RunResult> = {},
): { gateway: Gateway; cancelled: string[]; readings: () => number } {
  const cancelled: string[] = []
  let reading = 0
  const run: GatewayRun = {
    runId: 'run',
    async *events({ signal } = {}) {
      const [events, then] = readings[Math.min(reading++, readings.length - 1)] ?? [[], 'end']
      for (const event of events) yield { version: 1, id: 'e', ts: 1, runId: 'run', ...event } as ClawEvent
      if (then instanceof Error) throw then
      if (then === 'silence')
        await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    },
    wait: async () => ({ runId: 'run', status: 'completed', ...result }),
    cancel: async (reason = '') => void cancelled.push(reason),
  }
  const agents = { takes: [], list: async () => [], run: async () => run, get: async () => run }
  return { gateway: { name: 'odd', agents, close: async () => {} }, cancelled, readings: () => reading }
}

const delta = (text: string, seq?: number): Partial<ClawEvent> => ({
  type: 'assistant.delta',
  data: { delta: text, itemId: 'm' },
  ...(seq !== undefined && { seq }),
})
const done: Partial<ClawEvent> = { type: 'run.completed', data: { stopReason: 'stop' } }

const read = (gateway: Gateway): Promise<readonly LanguageModelV4StreamPart[]> =>
  streamAll(createPincer({ gateway })('main'), callOf('go'))

describe('a stream of events', () => {
  it(
    'that falls silent when the run is over is looked at once more, and left',
    { timeout: 15_000 },
    async () => {
      const { gateway, readings } = gatewayOf([[[delta('Hel', 1)], 'silence']], {
        text: 'Hello',
        stopReason: 'length',
      })
      const parts = await read(gateway)
      expect(textOf(parts)).toBe('Hel')
      expect(onlyPart(parts, 'finish').finishReason).toEqual({ unified: 'length', raw: 'length' })
      expect(readings()).toBe(2)
    },
  )

  it('that falls silent tells the rest from another reading', { timeout: 15_000 }, async () => {
    const { gateway } = gatewayOf([
      [[delta('Hel', 1)], 'silence'],
      [[delta('Hel', 1), delta('lo', 2), { ...done, seq: 3 }], 'end'],
    ])
    expect(textOf(await read(gateway))).toBe('Hello')
  })

  it('without places is taken up where it was', async () => {
    const lost = new GatewayError('lost', { retryable: true })
    const { gateway } = gatewayOf([
      [[delta('a'), delta('b')], lost],
      [[delta('a')], lost],
      [[delta('a'), delta('b'), delta('c'), done], 'end'],
    ])
    expect(textOf(await read(gateway))).toBe('abc')
  })

  it('that nobody can read any more does not go on for nobody', async () => {
    const { gateway, cancelled } = gatewayOf([
      [[delta('a', 1)], new GatewayError('you may not', { status: 401 })],
    ])
    const parts = await read(gateway)
    expect(onlyPart(parts, 'error').error).toMatchObject({ status: 401 })
    expect(cancelled).toEqual(['its events were lost'])
  })

  it('that holds nothing gives the words of the result', async () => {
    const { gateway } = gatewayOf([[[done], 'end']], { text: 'Told at the end.' })
    expect((await generateText({ model: createPincer({ gateway })('main'), prompt: 'go' })).text).toBe(
      'Told at the end.',
    )
    expect(textOf(await read(gateway))).toBe('Told at the end.')
  })
})

describe('a gateway that is gone, whose events only wait', () => {
  afterEach(() => void vi.useRealTimers())
  const gone = new GatewayError('no connection', { retryable: true })

  /** The silent gateway; it says nothing of its run, and finds it only where it is told to. */
  function silent(get: () => Promise<GatewayRun | undefined>, then: readonly Partial<ClawEvent>[] = []) {
    const told: readonly [readonly Partial<ClawEvent>[], 'silence'] = [[delta('Hel', 1)], 'silence']
    const { gateway, readings } = gatewayOf(then.length === 0 ? [told] : [told, told, [then, 'end']])
    const { agents } = gateway
    if (agents === undefined) throw new Error('it runs agents')
    const start = async (): Promise<GatewayRun> => {
      const run = await agents.run({ agentId: 'main', input: 'go' })
      return { ...run, wait: async () => Promise.reject(gone) }
    }
    const found = async () => (await get()) ?? start()
    return { gateway: { ...gateway, agents: { ...agents, run: start, get: found } }, readings }
  }

  /** All parts, however late they come. */
  async function readLong(gateway: Gateway): Promise<readonly LanguageModelV4StreamPart[]> {
    const stream = await openStream(createPincer({ gateway })('main'), callOf('go'))
    return (await readParts(stream, { timeoutMs: 600_000 })).parts
  }

  function later(): void {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'],
    })
  }

  it('is given up after a minute', async () => {
    later()
    const { gateway } = silent(async () => Promise.reject(gone))
    let parts: readonly LanguageModelV4StreamPart[] | undefined
    const reading = readLong(gateway).then((all) => (parts = all))
    await vi.advanceTimersByTimeAsync(59_000)
    expect(parts).toBeUndefined()
    await vi.advanceTimersByTimeAsync(10_000)
    await reading
    expect(onlyPart(parts ?? [], 'error').error).toMatchObject({ gatewayCode: 'run_lost' })
  })

  it('is looked at once more each minute where it still finds the run', async () => {
    later()
    const { gateway, readings } = silent(
      async () => undefined,
      [delta('Hel', 1), delta('lo', 2), { ...done, seq: 3 }],
    )
    const reading = readLong(gateway)
    await vi.advanceTimersByTimeAsync(130_000)
    expect(readings()).toBe(3)
    expect(textOf(await reading)).toBe('Hello')
  })
})

describe('a message that is replaced', () => {
  const told = [
    ...say('First.', 'a'),
    ['assistant.delta', { delta: 'The tide', itemId: 'b' }],
    ['assistant.delta', { delta: 'The tide is', itemId: 'b', replace: true }],
    ['assistant.delta', { delta: 'A calm sea', itemId: 'b', replace: true }],
    ['run.completed', {}],
  ] as const

  it('goes on where it begins alike, and begins another block where not', async () => {
    const parts = await streamAll(stand(told).model, callOf('go'))
    const blocks = partsOf(parts, 'text-start').map(({ id }) =>
      partsOf(parts, 'text-delta')
        .flatMap((part) => (part.id === id ? [part.delta] : []))
        .join(''),
    )
    expect(blocks).toEqual(['First.', 'The tide is', 'A calm sea'])
  })

  it('is the new one alone in a whole answer', async () => {
    const { content } = await generateText({ model: stand(told).model, prompt: 'go' })
    expect(content.map((part) => part.type === 'text' && part.text)).toEqual(['First.', 'A calm sea'])
  })
})

describe('what is told beside text', () => {
  it('is a question that is no permission, as a part of its own', async () => {
    const { model } = stand([
      ['question.requested', { questionId: 'q', text: 'Which sea?', options: ['north', 'south'] }],
      ['run.completed', {}],
    ])
    const { content } = await generateText({ model, prompt: 'go' })
    expect(content).toMatchObject([
      {
        type: 'custom',
        kind: 'pincer.question',
        providerMetadata: {
          pincer: { question: { questionId: 'q', text: 'Which sea?', options: ['north', 'south'] } },
        },
      },
    ])
  })

  it('is a file up to the size that is wanted, and its name above it', async () => {
    const artifact = { artifactId: 'chart', name: 'chart.png', mediaType: 'image/png' }
    for (const [bytes, maxFileBytes, type] of [
      [4, 4, 'file'],
      [4, 3, 'source'],
      [undefined, 3, 'source'],
    ] as const) {
      const { gateway } = stand([
        ['artifact.created', { ...artifact, ...(bytes !== undefined && { bytes }) }],
        ['run.completed', {}],
      ])
      const model = createPincer({ gateway, maxFileBytes })('main')
      const { content } = await generateText({ model, prompt: 'go' })
      expect(content.map((part) => part.type)).toEqual([type])
      if (type === 'source')
        expect(content[0]).toMatchObject({
          sourceType: 'document',
          title: 'chart.png',
          mediaType: 'image/png',
        })
    }
  })

  it('is no part of what is said before it, and the events themselves where they are wanted', async () => {
    const { model } = stand([
      ['assistant.delta', { delta: 'I look. ' }],
      ['tool.call.started', { toolCallId: 't', name: 'tide' }],
      ['tool.call.completed', { toolCallId: 't', outcome: 'cancelled', reason: 'too slow' }],
      ['assistant.delta', { delta: 'Nothing.' }],
      ['run.completed', { stopReason: 'max_steps' }],
    ])
    const result = streamText({ model, prompt: 'go', include: { rawChunks: true } })
    const raw: unknown[] = []
    for await (const part of result.stream) if (part.type === 'raw') raw.push(Object(part.rawValue).type)
    expect(raw).toEqual([
      'assistant.delta',
      'tool.call.started',
      'tool.call.completed',
      'assistant.delta',
      'run.completed',
    ])
    expect((await result.content).map((part) => (part.type === 'text' ? part.text : part.type))).toEqual([
      'I look. ',
      'tool-call',
      'tool-error',
      'Nothing.',
    ])
    expect((await result.content)[2]).toMatchObject({ error: 'cancelled: too slow' })
    expect([await result.finishReason, await result.rawFinishReason]).toEqual(['other', 'max_steps'])
  })
})
