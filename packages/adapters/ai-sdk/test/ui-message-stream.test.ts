import { type ClawEvent, type Gateway, GatewayError, type GatewayRun, PincerError } from '@pincer/protocol'
import { createUIMessageStream, DefaultChatTransport, type UIMessageChunk } from 'ai'
import { describe, expect, it, onTestFinished, vi } from 'vitest'

import { toUIMessageStream, toUIMessageStreamResponse } from '../src/ui-message-stream.ts'
import { eventsOf, faultsOf, partsOf, read, show, type Told } from './ui-fixture.ts'

const started: Told = ['run.started', {}]
const done: Told = ['run.completed', { stopReason: 'stop' }]
const says = (delta: string, itemId = 'm1', replace?: boolean): Told => [
  'assistant.delta',
  { delta, itemId, ...(replace !== undefined && { replace }) },
]
const calls = (toolCallId: string, name = 'look'): Told => [
  'tool.call.started',
  { toolCallId, name, input: { of: toolCallId } },
]
const answers = (toolCallId: string, output: string): Told => [
  'tool.call.completed',
  { toolCallId, outcome: 'ok', output },
]
const asks = (approvalId: string, toolCallId: string): Told => [
  'approval.requested',
  { approvalId, toolCallId, name: 'look', reason: 'it costs' },
]

/** Makes a run of what a generator tells. */
function runOf(
  events: (signal: AbortSignal | undefined) => AsyncIterable<ClawEvent>,
  more: Partial<GatewayRun> = {},
) {
  const cancelled: unknown[] = []
  const run: GatewayRun = {
    runId: 'run_1',
    events: ({ signal } = {}) => events(signal),
    wait: async () => ({ runId: 'run_1', status: 'completed' }),
    cancel: async (reason) => void cancelled.push(reason),
    ...more,
  }
  return { run, cancelled }
}

async function* tell(told: readonly Told[]): AsyncGenerator<ClawEvent> {
  yield* eventsOf(told)
}

function typesOf(chunks: readonly UIMessageChunk[]): string[] {
  return chunks.map(({ type }) => type)
}

describe('a message of a run', () => {
  it('has the parts in their order, a step for each time the agent is asked', async () => {
    const { chunks, message } = await show(
      eventsOf([
        started,
        ['thinking.delta', { delta: 'let me see' }],
        says('I look. '),
        calls('c1'),
        answers('c1', 'seen'),
        says('Found.', 'm2'),
        done,
      ]),
    )
    expect(faultsOf(chunks)).toEqual([])
    expect(typesOf(chunks).join(' ')).toBe(
      'start start-step reasoning-start reasoning-delta reasoning-end text-start text-delta text-end ' +
        'tool-input-start tool-input-available tool-output-available finish-step ' +
        'start-step text-start text-delta text-end finish-step finish',
    )
    expect(partsOf(message)).toEqual([
      { type: 'reasoning', id: 'reasoning', text: 'let me see', state: 'done' },
      { type: 'text', text: 'I look. ', state: 'done' },
      {
        type: 'dynamic-tool',
        toolName: 'look',
        toolCallId: 'c1',
        state: 'output-available',
        input: { of: 'c1' },
        output: 'seen',
      },
      { type: 'text', text: 'Found.', state: 'done' },
    ])
    expect(message).toMatchObject({ id: 'run_1', metadata: { runId: 'run_1', status: 'completed', seq: 7 } })
  })

  it('is the same for a run, an async iterable and a list', async () => {
    const told = [started, says('hello'), done]
    const { run } = runOf(() => tell(told))
    const shown = await Promise.all([
      show(run),
      show(tell(told)),
      show(eventsOf(told)),
      show(new Set(eventsOf(told))),
    ])
    for (const { chunks, message } of shown) {
      expect(typesOf(chunks)).toEqual(typesOf(shown[0].chunks))
      expect(message).toEqual(shown[0].message)
    }
  })

  it('sums up tokens and cost', async () => {
    const usage = {
      provider: 'p',
      model: 'm',
      inputTokens: 10,
      cacheReadTokens: 4,
      cacheWriteTokens: 0,
      outputTokens: 5,
      reasoningTokens: 2,
      totalTokens: 15,
      costUsd: 0.25,
    }
    const { message } = await show(
      eventsOf([started, ['usage.reported', usage], ['usage.reported', usage], done]),
    )
    expect(message?.metadata).toMatchObject({ costUsd: 0.5, usage: { inputTokens: 20, totalTokens: 30 } })
  })

  it('takes back what is replaced, and keeps what stands around it', async () => {
    const { chunks, states, message } = await show(
      eventsOf([
        started,
        says('one two', 'a'),
        calls('c1'),
        says('other', 'b'),
        says('one three', 'a', true),
        says(' more', 'b'),
        answers('c1', 'seen'),
        done,
      ]),
    )
    expect(faultsOf(chunks)).toEqual([])
    expect(
      states.some(({ parts }) => parts.some((part) => part.type === 'text' && part.text === 'one two')),
    ).toBe(true)
    expect(partsOf(message)).toMatchObject([
      { type: 'text', text: 'one three', state: 'done' },
      { type: 'dynamic-tool', state: 'output-available' },
      { type: 'text', text: 'other more', state: 'done' },
    ])
  })

  it('shows a whole message once, however it came', async () => {
    const whole = (text: string, itemId?: string): Told => [
      'assistant.message',
      itemId === undefined ? { text } : { text, itemId },
    ]
    const texts = async (...told: Told[]): Promise<unknown> =>
      partsOf((await show(eventsOf([started, ...told, done]))).message).map(
        (part) => (part as { text: string }).text,
      )
    expect(await texts(says('hello'), whole('hello', 'm1'))).toEqual(['hello'])
    expect(await texts(says('hello'), whole('hello'))).toEqual(['hello'])
    expect(await texts(says('hel'), whole('hello', 'm1'))).toEqual(['hello'])
    expect(await texts(whole('hello', 'm1'))).toEqual(['hello'])
    expect(await texts(says('hullo'), whole('hello', 'm1'))).toEqual(['hello'])
    expect(await texts(says('gone'), says('', 'm1', true), says('new', 'm2'))).toEqual(['new'])
    expect(await texts(says('one'), calls('c1'), answers('c1', 'x'), whole('one', 'm1'))).toEqual([
      'one',
      undefined,
    ])
  })

  it('shows progress, and the result instead of it', async () => {
    const { states, message } = await show(
      eventsOf([
        started,
        calls('c1'),
        ['tool.call.delta', { toolCallId: 'c1', delta: 'line 1\n' }],
        ['tool.call.delta', { toolCallId: 'c1', delta: 'line 2\n' }],
        ['tool.call.completed', { toolCallId: 'c1', outcome: 'ok' }],
        done,
      ]),
    )
    const outputs = states.flatMap(({ parts }) =>
      parts.flatMap((part) =>
        'output' in part && part.output !== undefined ? [[part.output, part.preliminary ?? false]] : [],
      ),
    )
    expect(outputs.slice(0, 3)).toEqual([
      ['line 1\n', true],
      ['line 1\nline 2\n', true],
      ['line 1\nline 2\n', false],
    ])
    expect(partsOf(message)).toMatchObject([{ state: 'output-available', output: 'line 1\nline 2\n' }])
  })

  it('tells apart what failed, was blocked, denied, left open and not answered', async () => {
    const failed = (
      toolCallId: string,
      outcome: 'error' | 'blocked' | 'denied' | 'timed_out',
      message: string,
    ): Told => ['tool.call.failed', { toolCallId, outcome, error: { message } }]
    const { message } = await show(
      eventsOf([
        started,
        ...['c1', 'c2', 'c3', 'c4', 'c5', 'c6'].map((id) => calls(id)),
        failed('c1', 'error', 'no paper'),
        failed('c2', 'blocked', 'not on Sundays'),
        asks('a3', 'c3'),
        ['approval.resolved', { approvalId: 'a3', status: 'denied', reason: 'too dear' }],
        failed('c3', 'denied', 'a person denied it'),
        asks('a4', 'c4'),
        failed('c4', 'timed_out', 'nobody answered'),
        asks('a5', 'c5'),
        ['approval.resolved', { approvalId: 'a5', status: 'approved' }],
        failed('c5', 'error', 'out of stock'),
        done,
      ]),
    )
    expect(partsOf(message)).toMatchObject([
      { state: 'output-error', errorText: 'no paper' },
      { state: 'output-error', errorText: 'not on Sundays' },
      {
        state: 'output-denied',
        approval: { approved: false, reason: 'too dear', requestReason: 'it costs' },
      },
      { state: 'output-denied', approval: { approved: false, reason: 'nobody answered' } },
      { state: 'output-error', errorText: 'out of stock', approval: { approved: true } },
      { state: 'output-error', errorText: 'The run ended before the tool call did.' },
    ])
  })

  it('keeps a question back until its call is there', async () => {
    const { chunks, errors } = await show(
      eventsOf([
        started,
        asks('a1', 'c1'),
        calls('c1'),
        ['approval.resolved', { approvalId: 'a1', status: 'approved' }],
        answers('c1', 'x'),
        done,
      ]),
    )
    expect(errors).toEqual([])
    expect(faultsOf(chunks)).toEqual([])
    expect(typesOf(chunks)).toContain('tool-approval-request')
  })

  it('shows files and sources, and no address that is none of the web', async () => {
    const bytes = new TextEncoder().encode('a,b\n1,2\n')
    const gateway: Gateway = {
      name: 'files',
      artifacts: {
        list: async () => [],
        get: async () => undefined,
        download: async (id) => {
          if (id === 'gone') throw new GatewayError('gone')
          return bytes
        },
      },
      close: async () => {},
    }
    const made = (artifactId: string, more: object): Told => ['artifact.created', { artifactId, ...more }]
    const told = [
      started,
      made('a', { name: 'table.csv', mediaType: 'text/csv', bytes: 8 }),
      made('b', { name: 'large', bytes: 9_000_000_000 }),
      made('gone', { mediaType: 'text/csv' }),
      made('c', { name: 'The report', url: 'https://example.com/report' }),
      made('d', { url: 'javascript:alert(1)' }),
      ['artifact.updated', { artifactId: 'a', mediaType: 'text/csv' }] as const,
      done,
    ]
    const { message } = await show(eventsOf(told), { gateway, sendSources: true })
    const url = `data:text/csv;base64,${Buffer.from(bytes).toString('base64')}`
    expect(partsOf(message)).toMatchObject([
      { type: 'file', mediaType: 'text/csv', url },
      { type: 'source-document', title: 'large' },
      { type: 'source-document', sourceId: 'gone' },
      { type: 'source-url', url: 'https://example.com/report', title: 'The report' },
      { type: 'file' },
    ])
    const quiet = await show(eventsOf(told), { gateway })
    expect(partsOf(quiet.message).map((part) => (part as { type: string }).type)).toEqual(['file', 'file'])
  })

  it('leaves out what is not to be sent', async () => {
    const told: Told[] = [started, ['thinking.delta', { delta: 'secret' }], says('hello'), done]
    const { chunks } = await show(eventsOf(told), { sendReasoning: false })
    expect(JSON.stringify(chunks)).not.toContain('secret')
  })

  it('shows a question of the agent', async () => {
    const { message } = await show(
      eventsOf([
        started,
        ['question.requested', { questionId: 'q', text: 'Which?', options: ['a', 'b'] }],
        done,
      ]),
    )
    expect(message?.parts).toMatchObject([
      { type: 'step-start' },
      {
        type: 'custom',
        kind: 'pincer.question',
        providerMetadata: { pincer: { question: { questionId: 'q' } } },
      },
    ])
  })

  it('passes over runs that are not its own, and what comes after the end', async () => {
    const own = eventsOf([started, says('mine'), done])
    const inner = eventsOf([started, says('theirs'), done], 'run_2')
    const late = eventsOf([started, started, started, says('late')]).slice(3)
    const all = [...own.slice(0, 1), ...inner, ...own.slice(1), ...late]
    const { message } = await show(all)
    expect(partsOf(message)).toMatchObject([{ text: 'mine' }])
    const { run } = runOf(async function* () {
      yield* all
    })
    expect(partsOf((await show(run)).message)).toMatchObject([{ text: 'mine' }])
  })

  it('hands over the calls of the caller’s own tools', async () => {
    const toolCalls = [{ toolCallId: 'c9', name: 'get_place', input: { of: 'me' } }]
    const { run } = runOf(() => tell([started, ['run.completed', { stopReason: 'tool_calls' }]]), {
      wait: async () => ({ runId: 'run_1', status: 'completed', toolCalls }),
    })
    const { chunks, message } = await show(run)
    expect(chunks.at(-1)).toMatchObject({ type: 'finish', finishReason: 'tool-calls' })
    expect(message?.parts.at(-1)).toMatchObject({ state: 'input-available', toolCallId: 'c9' })
    expect(message?.parts.at(-1)).not.toHaveProperty('providerExecuted', true)
  })
})

describe('the end of a message', () => {
  it.each<[Told, string, string]>([
    [['run.completed', { stopReason: 'length' }], 'length', 'completed'],
    [['run.completed', { stopReason: 'content_filter' }], 'content-filter', 'completed'],
    [['run.completed', { stopReason: 'max_steps' }], 'other', 'completed'],
    [['run.cancelled', { reason: 'stopped' }], 'interrupted', 'cancelled'],
    [['run.timed_out', { reason: 'too slow' }], 'interrupted', 'timed_out'],
  ])('%j is %s', async (end, finishReason, status) => {
    const { chunks, message } = await show(eventsOf([started, says('so far'), end]))
    expect(chunks.at(-1)).toMatchObject({ type: 'finish', finishReason })
    expect(message?.metadata?.status).toBe(status)
    expect(partsOf(message)).toMatchObject([{ text: 'so far', state: 'done' }])
  })

  it('tells a failure without its words, or in the program’s own', async () => {
    const told: Told[] = [
      started,
      says('so far'),
      ['run.failed', { error: { message: 'key sk-1 is wrong', code: 'auth' } }],
    ]
    const masked = await show(eventsOf(told))
    expect(masked.errors).toEqual(['An error occurred.'])
    expect(JSON.stringify(masked.chunks)).not.toContain('sk-1')
    expect(masked.message?.metadata?.status).toBe('failed')
    const errors: unknown[] = []
    const onError = (error: unknown): string => {
      errors.push(error)
      return 'sorry'
    }
    expect((await show(eventsOf(told), { onError })).errors).toEqual(['sorry'])
    expect(errors).toEqual([expect.objectContaining({ message: 'key sk-1 is wrong', gatewayCode: 'auth' })])
  })

  it('counts what the guard refused as filtered, not as failed', async () => {
    const { chunks, errors, message } = await show(
      eventsOf([
        started,
        ['model.call.started', { provider: 'p', model: 'm' }],
        [
          'guard.decided',
          { decision: 'block', kind: 'model_call', name: 'm', enforced: true, reason: 'over budget' },
        ],
        ['model.call.failed', { outcome: 'blocked', error: { message: 'blocked' } }],
        ['run.failed', { error: { message: 'blocked' } }],
      ]),
    )
    expect(errors).toEqual([])
    expect(chunks.at(-1)).toMatchObject({ finishReason: 'content-filter' })
    expect(message?.metadata).toMatchObject({ status: 'failed', stopReason: 'over budget' })
  })

  it('is an error where a run breaks off, and none where a list ends', async () => {
    const { run } = runOf(() => tell([started, says('so far')]))
    const lost = await show(run)
    expect(lost.errors).toEqual(['An error occurred.'])
    expect(faultsOf(lost.chunks)).toEqual([])
    const { run: broken } = runOf(async function* () {
      yield* tell([started, says('so far'), calls('c1')])
      throw new Error('socket closed')
    })
    const thrown = await show(broken)
    expect(thrown.errors).toEqual(['An error occurred.'])
    expect(partsOf(thrown.message)).toMatchObject([{ text: 'so far' }, { state: 'output-error' }])
    const part = await show(eventsOf([started, says('so far')]))
    expect([part.errors, part.chunks.at(-1)]).toEqual([
      [],
      expect.objectContaining({ finishReason: 'other' }),
    ])
    expect(faultsOf((await show([])).chunks)).toEqual([])
  })

  it('comes when the reader leaves, though the source hears nothing of it', async () => {
    const { run, cancelled } = runOf(async function* () {
      yield* tell([started, says('so far')])
      await new Promise(() => {})
    })
    for (const cancelOnDisconnect of [false, true]) {
      const reader = toUIMessageStream(run, { cancelOnDisconnect }).getReader()
      for (let count = 0; count < 4; count++) await reader.read()
      const coming = reader.read()
      await reader.cancel()
      expect((await coming).done).toBe(true)
      expect(cancelled.length).toBe(cancelOnDisconnect ? 1 : 0)
    }
  })

  it('comes when the signal aborts', async () => {
    let heard = false
    const stop = new AbortController()
    const { run } = runOf(async function* (signal) {
      yield* tell([started, says('so far')])
      signal?.addEventListener('abort', () => void (heard = true))
      queueMicrotask(() => stop.abort())
      await new Promise(() => {})
    })
    const { chunks } = await show(run, { signal: stop.signal })
    expect(typesOf(chunks).slice(-2)).toEqual(['abort', 'finish'])
    expect(faultsOf(chunks)).toEqual([])
    expect(heard).toBe(true)
  })
})

describe('a message that pauses', () => {
  const asked = [started, calls('c1'), asks('a1', 'c1')]

  it('ends at a question that nobody has answered, and goes on after it', async () => {
    const rest: Told[] = [
      ['approval.resolved', { approvalId: 'a1', status: 'approved' }],
      answers('c1', 'seen'),
      says('done', 'm2'),
      done,
    ]
    const { run } = runOf(async function* () {
      yield* tell(asked)
      await new Promise(() => {})
    })
    const first = await show(run, { approvals: 'pause' })
    expect(first.chunks.at(-1)).toMatchObject({
      finishReason: 'tool-calls',
      messageMetadata: { status: 'paused' },
    })
    expect(partsOf(first.message)).toMatchObject([{ state: 'approval-requested', approval: { id: 'a1' } }])
    const { run: later } = runOf(() => tell([...asked, ...rest]))
    const second = await show(
      later,
      { approvals: 'pause', originalMessages: [first.message ?? never()] },
      first.message,
    )
    expect(second.chunks[0]).toMatchObject({ type: 'start', messageId: 'run_1' })
    expect(typesOf(second.chunks)).not.toContain('tool-input-available')
    expect(partsOf(second.message)).toMatchObject([{ state: 'output-available' }, { text: 'done' }])
    // A gateway that has forgotten what was counts anew.
    const fresh = eventsOf(rest).map((event) => ({ ...event, ts: event.ts + 10_000 }))
    const third = await show(fresh, { originalMessages: [first.message ?? never()] }, first.message)
    expect(partsOf(third.message)).toEqual(partsOf(second.message))
  })

  it('waits for what runs beside the question, however long that takes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const slow = Promise.withResolvers<void>()
    const { run } = runOf(async function* () {
      const told = eventsOf([started, calls('c1'), calls('c2'), asks('a1', 'c1'), answers('c2', 'late')])
      yield* told.slice(0, 4)
      await slow.promise
      yield* told.slice(4)
      await new Promise(() => {})
    })
    const shown = show(run, { approvals: 'pause' })
    let hasEnded = false
    void shown.then(() => (hasEnded = true))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(hasEnded).toBe(false)
    slow.resolve()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(partsOf((await shown).message)).toMatchObject([
      { toolCallId: 'c1', state: 'approval-requested' },
      { toolCallId: 'c2', state: 'output-available' },
    ])
  })

  it('is not cancelled by a reader who leaves after the last piece', async () => {
    const { run, cancelled } = runOf(async function* () {
      yield* tell(asked)
      await new Promise(() => {})
    })
    const left = new AbortController()
    const stream = toUIMessageStream(run, {
      approvals: 'pause',
      cancelOnDisconnect: true,
      signal: left.signal,
    })
    const reader = stream.getReader()
    for (let type = ''; type !== 'finish';) type = (await reader.read()).value?.type ?? never()
    left.abort()
    await reader.cancel()
    expect(cancelled).toEqual([])
  })

  it('does not pause where the answer is there, and waits where it is to', async () => {
    const all = [
      ...asked,
      ['approval.resolved', { approvalId: 'a1', status: 'approved' }] as const,
      answers('c1', 'x'),
      done,
    ]
    for (const approvals of ['pause', 'wait'] as const) {
      const { message } = await show(eventsOf(all), { approvals })
      expect(message?.metadata?.status).toBe('completed')
    }
  })

  it('asks the gateway where it does not tell that the answer is there', async () => {
    const answer = Promise.withResolvers<void>()
    const { run } = runOf(async function* () {
      yield* tell(asked)
      await answer.promise
      yield* eventsOf([...asked, answers('c1', 'x'), done]).slice(3)
    })
    const gateway = {
      name: 'silent',
      approvals: {
        get: async () => {
          answer.resolve()
          return {
            approvalId: 'a1',
            name: 'look',
            status: 'approved',
            requestedAt: 1,
            decisionReason: 'fine',
          }
        },
      },
      close: async () => {},
    } as unknown as Gateway
    const { message } = await show(run, { approvals: 'pause', gateway })
    expect(partsOf(message)).toMatchObject([
      { state: 'output-available', approval: { approved: true, reason: 'fine' } },
    ])
  })

  it('shows a question that is about no tool', async () => {
    const told: Told[] = [started, ['approval.requested', { approvalId: 'a1', name: 'gpt', input: 'hello' }]]
    const { message } = await show(
      eventsOf([...told, ['approval.resolved', { approvalId: 'a1', status: 'approved' }], done]),
    )
    expect(partsOf(message)).toMatchObject([{ toolName: 'gpt', state: 'output-available', input: 'hello' }])
  })
})

describe('what the AI SDK does with it', () => {
  it('reads the response as a chat transport does', async () => {
    const response = toUIMessageStreamResponse(eventsOf([started, says('hello'), done]), {
      headers: { 'x-mine': 'yes' },
      status: 201,
    })
    expect([response.status, response.headers.get('x-mine')]).toEqual([201, 'yes'])
    expect(response.headers.get('x-vercel-ai-ui-message-stream')).toBe('v1')
    const transport = new DefaultChatTransport({ fetch: async () => response })
    const stream = await transport.sendMessages({
      chatId: 'c',
      messages: [],
      trigger: 'submit-message',
      messageId: undefined,
      abortSignal: undefined,
    })
    expect(partsOf((await read(stream)).message)).toMatchObject([{ text: 'hello' }])
  })

  it('is one of the streams of a larger one', async () => {
    const stream = createUIMessageStream({
      generateId: () => 'mine',
      execute: ({ writer }) => {
        writer.write({ type: 'start', messageId: 'own' })
        writer.write({ type: 'data-note', data: 'first' })
        writer.merge(
          toUIMessageStream(eventsOf([started, says('hello'), done]), { generateMessageId: () => 'own' }),
        )
      },
    })
    const { message } = await read(stream)
    expect(message?.id).toBe('own')
    expect(partsOf(message)).toMatchObject([{ type: 'data-note' }, { text: 'hello' }])
  })

  it.each<[string, unknown, object]>([
    ['run: expected a run of a gateway', undefined, {}],
    ['run: expected a run of a gateway', 'text', {}],
    ['approvals: expected "pause" or "wait"', [], { approvals: 'ask' }],
    ['maxFileBytes: expected a number of bytes', [], { maxFileBytes: '5mb' }],
    ['onError: expected a function', [], { onError: 'oops' }],
    [
      'sendReason: not an option of toUIMessageStream(); did you mean `sendReasoning`?',
      [],
      { sendReason: true },
    ],
  ])('says what is wrong with its options: %s', (words, run, options) => {
    let thrown: unknown
    try {
      toUIMessageStream(run as never, options)
    } catch (error) {
      thrown = error
    }
    expect(PincerError.isInstance(thrown) && thrown.code).toBe('invalid_option')
    expect(String(thrown)).toContain(words)
  })
})

function never(): never {
  throw new Error('there is no message')
}
