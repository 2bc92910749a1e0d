import {
  ApprovalDeniedError,
  ApprovalTimeoutError,
  emptyUsage,
  GuardBlockedError,
  GuardUnavailableError,
} from '@pincer/protocol'
import { describe, expect, test } from 'vitest'
import type { ModelCall, Retrieval, Run, ToolCall } from '../src/index.ts'
import { recorded } from './recorded.ts'

const usage = { ...emptyUsage, provider: 'p', model: 'm', inputTokens: 3, outputTokens: 4, totalTokens: 7 }

describe('a model call', () => {
  const start = (run: Run): ModelCall =>
    run.startModelCall({
      provider: 'openai',
      model: 'gpt',
      operation: 'chat',
      input: [{ role: 'user' }],
      parameters: { temperature: 1 },
      stream: true,
    })

  test('tells what was asked, what came and what it used, and ends once', async () => {
    const { claw, clock, deliver } = recorded()
    const run = claw.startRun()
    const call = start(run)
    await clock.advance(30)
    call.touch()
    await clock.advance(10)
    call.end({ output: 'hi', usage, finishReason: 'stop', responseId: 'resp', requestId: 'req' })
    call.fail(new Error('late'))
    call.end()
    call.delta('late')
    const gateway = await deliver()
    expect(gateway.types).toEqual([
      'run.started',
      'model.call.started',
      'usage.reported',
      'model.call.completed',
    ])
    expect(gateway.one('model.call.started')).toMatchObject({
      runId: run.runId,
      actionId: call.actionId,
      data: {
        provider: 'openai',
        model: 'gpt',
        operation: 'chat',
        input: [{ role: 'user' }],
        parameters: { temperature: 1 },
        stream: true,
      },
    })
    expect(gateway.one('usage.reported')).toMatchObject({ actionId: call.actionId, data: usage })
    expect(gateway.one('model.call.completed').data).toEqual({
      outcome: 'ok',
      output: 'hi',
      durationMs: 40,
      firstTokenMs: 30,
      finishReason: 'stop',
      responseId: 'resp',
      requestId: 'req',
    })
    expect(claw.stats().lateEnds).toBe(2)
  })

  test.each(['length', 'content_filter', 'refusal', 'cancelled', 'unread', 'abandoned'] as const)(
    'can end with the outcome %s',
    async (outcome) => {
      const { claw, deliver } = recorded()
      start(claw.startRun()).end({ outcome })
      expect((await deliver()).one('model.call.completed').data.outcome).toBe(outcome)
    },
  )

  test('fails with what is known of the error, and no stack', async () => {
    class RateLimitError extends Error {
      readonly status = 429
      readonly code = 'rate_limit_exceeded'
      readonly requestID = 'req_1'
      readonly headers = { authorization: 'Bearer abcdefghijklmnop' }
    }
    const { claw, deliver } = recorded()
    start(claw.startRun()).fail(new RateLimitError('slow down'), { output: 'half', usage })
    const gateway = await deliver()
    expect(gateway.one('model.call.failed').data).toEqual({
      outcome: 'error',
      durationMs: 0,
      output: 'half',
      error: {
        name: 'RateLimitError',
        message: 'slow down',
        code: 'rate_limit_exceeded',
        status: 429,
        requestId: 'req_1',
      },
    })
    expect(gateway.one('usage.reported').data).toEqual(usage)
  })

  test('that is aborted is cancelled, not failed', async () => {
    class APIUserAbortError extends Error {}
    const { claw, deliver } = recorded()
    const run = claw.startRun()
    start(run).fail(new DOMException('stop', 'AbortError'))
    start(run).fail(new APIUserAbortError('Request was aborted.'))
    start(run).cancel('the reader left', { output: 'half' })
    const gateway = await deliver()
    expect(gateway.of('model.call.failed')).toEqual([])
    expect(
      gateway.of('model.call.completed').map(({ data }) => [data.outcome, data.reason, data.output]),
    ).toEqual([
      ['cancelled', undefined, undefined],
      ['cancelled', undefined, undefined],
      ['cancelled', 'the reader left', 'half'],
    ])
  })

  test('gathers the pieces of a stream into few events, before its end', async () => {
    const { claw, clock, deliver } = recorded()
    const call = start(claw.startRun())
    for (let index = 0; index < 100; index++) {
      call.thinking(`t${index} `)
      call.delta(`d${index} `)
      await clock.advance(10)
    }
    call.end()
    const gateway = await deliver()
    const text = (type: 'assistant.delta' | 'thinking.delta'): string =>
      gateway
        .of(type)
        .map(({ data }) => data.delta)
        .join('')
    expect(text('assistant.delta')).toBe(Array.from({ length: 100 }, (_, index) => `d${index} `).join(''))
    expect(text('thinking.delta')).toBe(Array.from({ length: 100 }, (_, index) => `t${index} `).join(''))
    expect(gateway.of('assistant.delta').length).toBeLessThanOrEqual(6)
    expect(gateway.types.at(-1)).toBe('model.call.completed')
    expect(gateway.of('assistant.delta').every(({ actionId }) => actionId === call.actionId)).toBe(true)
  })

  test('records no pieces where it is told not to', async () => {
    const { claw, deliver } = recorded({ recordDeltas: false })
    const run = claw.startRun()
    const call = start(run)
    call.delta('a '.repeat(5_000))
    call.thinking('a '.repeat(5_000))
    call.end({ output: 'whole' })
    const tool = run.startToolCall({ name: 'n' })
    tool.delta('a')
    tool.end()
    const gateway = await deliver()
    expect(gateway.types.filter((type) => type.endsWith('delta'))).toEqual([])
    expect(gateway.one('model.call.completed').data).toMatchObject({ output: 'whole', firstTokenMs: 0 })
  })
})

describe('a tool call', () => {
  const start = (run: Run): ToolCall =>
    run.startToolCall({ toolCallId: 'call_1', name: 'search', input: { q: 'x' }, risk: 'low' })

  test('tells its id, name, arguments, progress and output', async () => {
    const { claw, deliver } = recorded()
    const tool = start(claw.startRun())
    expect([tool.kind, tool.name, tool.toolCallId]).toEqual(['tool_call', 'search', 'call_1'])
    tool.delta('half')
    tool.end({ output: [1, 2] })
    tool.delta('late')
    tool.cancel()
    const gateway = await deliver()
    expect(gateway.kept.slice(1).map((event) => [event.type, event.data])).toEqual([
      ['tool.call.started', { toolCallId: 'call_1', name: 'search', input: { q: 'x' }, risk: 'low' }],
      ['tool.call.delta', { toolCallId: 'call_1', delta: 'half' }],
      [
        'tool.call.completed',
        { toolCallId: 'call_1', name: 'search', outcome: 'ok', output: [1, 2], durationMs: 0 },
      ],
    ])
    expect(claw.stats().lateEnds).toBe(1)
  })

  test('takes its action id where the model gave none', () => {
    const tool = recorded().claw.startRun().startToolCall({ name: 'search' })
    expect(tool.toolCallId).toBe(tool.actionId)
  })

  test.each([
    [new Error('broken'), 'error'],
    [new GuardBlockedError('search', 'policy'), 'blocked'],
    [new GuardUnavailableError('search', new Error('down')), 'blocked'],
    [new ApprovalDeniedError('search', 'a', 'no'), 'denied'],
    [new ApprovalTimeoutError('search', 'a', 5), 'timed_out'],
  ])('that fails with %s has the outcome %s', async (error, outcome) => {
    const { claw, deliver } = recorded()
    start(claw.startRun()).fail(error)
    expect((await deliver()).one('tool.call.failed').data).toMatchObject({
      toolCallId: 'call_1',
      name: 'search',
      outcome,
      error: { name: error.name, message: error.message },
    })
  })
})

test('a retrieval tells its query and documents, and its failure', async () => {
  const { claw, deliver } = recorded()
  const run = claw.startRun()
  const start = (): Retrieval => run.startRetrieval({ name: 'index', query: 'q' })
  expect(start().kind).toBe('retrieval')
  start().end({ documents: [{ id: 1 }] })
  start().fail(new Error('gone'))
  start().cancel('enough')
  const gateway = await deliver()
  expect(gateway.of('retrieval.started')[0]?.data).toEqual({ name: 'index', query: 'q' })
  expect(gateway.of('retrieval.completed').map(({ data }) => data)).toEqual([
    { outcome: 'ok', documents: [{ id: 1 }], durationMs: 0 },
    { outcome: 'cancelled', reason: 'enough', durationMs: 0 },
  ])
  expect(gateway.one('retrieval.failed').data).toMatchObject({ outcome: 'error', error: { message: 'gone' } })
})
