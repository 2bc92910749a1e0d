import {
  ApprovalDeniedError,
  ApprovalTimeoutError,
  emptyUsage,
  GuardBlockedError,
  GuardUnavailableError,
  isTerminalEvent,
} from '@pincer/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ModelCall, Retrieval, Run, ToolCall } from '../src/index.ts'
import { recorded } from './recorded.ts'

const usage = { ...emptyUsage, provider: 'p', model: 'm', inputTokens: 3, outputTokens: 4, totalTokens: 7 }

describe('a run', () => {
  test.each([
    ['end', (run: Run) => run.end({ output: 'o', stopReason: 'stop' }), 'run.completed', { output: 'o', stopReason: 'stop' }],
    ['fail', (run: Run) => run.fail(new RangeError('no'), { output: 'half' }), 'run.failed', { output: 'half', error: { name: 'RangeError', message: 'no' } }],
    ['cancel', (run: Run) => run.cancel('enough', { output: 'half' }), 'run.cancelled', { reason: 'enough', output: 'half' }],
    ['timeOut', (run: Run) => run.timeOut('too long', { output: 'half' }), 'run.timed_out', { reason: 'too long', output: 'half' }],
  ] as const)('%s ends it once, and later ends are ignored and counted', async (_, end, type, data) => {
    const { claw, clock, deliver } = recorded()
    const run = claw.startRun({ name: 'n' })
    expect([run.kind, run.ended, run.recorded]).toEqual(['run', false, true])
    await clock.advance(50)
    end(run)
    run.end()
    run.fail(new Error('late'))
    run.cancel()
    run.timeOut()
    run.message('late')
    expect(run.ended).toBe(true)
    expect(claw.stats()).toMatchObject({ lateEnds: 5, open: 0 })
    const gateway = await deliver()
    expect(gateway.types).toEqual(['run.started', type])
    expect(gateway.one(type).data).toEqual({ ...data, durationMs: 50 })
  })

  test('says when it is paused and resumed, which is no end', async () => {
    const { claw, deliver } = recorded()
    const run = claw.startRun({ runId: 'r' })
    run.pause({ approvalId: 'a1', name: 'deploy', input: { to: 'prod' }, expiresAt: 1_700_000_100_000 })
    expect(run.ended).toBe(false)
    run.resume({ approvalId: 'a1', status: 'denied', reason: 'not today', decidedBy: 'ann' })
    run.end()
    run.pause({ approvalId: 'a2', name: 'deploy' })
    run.resume({ approvalId: 'a2', status: 'approved' })
    const gateway = await deliver()
    expect(gateway.types).toEqual(['run.started', 'approval.requested', 'approval.resolved', 'run.completed'])
    expect(gateway.one('approval.requested')).toMatchObject({
      id: 'a1.requested',
      runId: 'r',
      data: { approvalId: 'a1', name: 'deploy', input: { to: 'prod' }, expiresAt: 1_700_000_100_000 },
    })
    expect(gateway.one('approval.resolved')).toMatchObject({
      id: 'a1.resolved',
      data: { approvalId: 'a1', status: 'denied', reason: 'not today', decidedBy: 'ann' },
    })
  })

  test('records facts of other types', async () => {
    const { claw, deliver } = recorded()
    const run = claw.startRun()
    run.message('hello')
    run.record('artifact.created', { artifactId: 'a', name: 'report.pdf', bytes: 10_240 })
    run.record('question.requested', { questionId: 'q', text: 'which?', options: ['one', 'two'] })
    run.record('task.updated', { status: 'half' })
    const gateway = await deliver()
    expect(gateway.kept.slice(1).map((event) => [event.type, event.data])).toEqual([
      ['assistant.message', { text: 'hello' }],
      ['artifact.created', { artifactId: 'a', name: 'report.pdf', bytes: 10_240 }],
      ['question.requested', { questionId: 'q', text: 'which?', options: ['one', 'two'] }],
      ['task.updated', { status: 'half' }],
    ])
  })
})

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
    expect(gateway.types).toEqual(['run.started', 'model.call.started', 'usage.reported', 'model.call.completed'])
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
    expect(gateway.of('model.call.completed').map(({ data }) => [data.outcome, data.reason, data.output])).toEqual([
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
      gateway.of(type).map(({ data }) => data.delta).join('')
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
      ['tool.call.completed', { toolCallId: 'call_1', name: 'search', outcome: 'ok', output: [1, 2], durationMs: 0 }],
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

describe('whatever is thrown', () => {
  const unreadable = new Proxy({}, { get: () => { throw new Error('trap') }, getPrototypeOf: () => { throw new Error('trap') } })
  test.each([
    [undefined, { message: 'nothing' }],
    [null, { message: 'null' }],
    ['text', { message: 'text' }],
    [42, { message: '42' }],
    [Symbol('s'), {}],
    [() => {}, {}],
    [{ reason: 'odd', password: 'hunter2hunter2' }, { message: '{"reason":"odd","password":"[redacted]"}' }],
    [{ message: 'm', name: 'N', code: 7, status: Number.NaN, request_id: 'r' }, { message: 'm', name: 'N', code: '7', requestId: 'r' }],
    [Object.assign(new Error('e'), { constructor: undefined }), { message: 'e', name: 'Error' }],
    [Object.assign(new Error('e'), { message: { not: 'text' } }), {}],
    [Object.create(null), { message: '{}' }],
    [unreadable, {}],
  ])('%# is recorded and harms nobody', async (thrown, expected) => {
    const { claw, deliver } = recorded()
    const run = claw.startRun()
    run.startModelCall({ provider: 'p', model: 'm' }).fail(thrown)
    run.fail(thrown)
    const gateway = await deliver()
    expect(gateway.one('run.failed').data.error).toMatchObject(expected)
    expect(gateway.one('model.call.failed').data.error).toMatchObject(expected)
  })
})

describe('what is open under something', () => {
  test('is closed before it, deepest first', async () => {
    const { claw, deliver } = recorded()
    const run = claw.startRun({ runId: 'r' })
    const tool = run.startToolCall({ name: 'outer' })
    const child = tool.startRun({ runId: 'c' })
    const call = child.startModelCall({ provider: 'p', model: 'm' })
    const retrieval = call.startRetrieval({ name: 'index' })
    call.onAbandon(() => ({ output: 'half', usage }))
    run.end()
    expect([tool, child, call, retrieval].map((handle) => handle.ended)).toEqual([true, true, true, true])
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    const gateway = await deliver()
    expect(gateway.types.slice(5)).toEqual([
      'retrieval.completed',
      'usage.reported',
      'model.call.completed',
      'run.cancelled',
      'tool.call.completed',
      'run.completed',
    ])
    const ended = { outcome: 'abandoned', reason: 'its parent ended' }
    expect(gateway.one('retrieval.completed').data).toMatchObject(ended)
    expect(gateway.one('model.call.completed').data).toMatchObject({ ...ended, output: 'half' })
    expect(gateway.one('tool.call.completed').data).toMatchObject(ended)
    expect(gateway.one('run.cancelled').data.reason).toBe('its parent ended')
  })

  test('does not hold up its end where what had arrived cannot be told', async () => {
    const { claw, errors, deliver } = recorded()
    const run = claw.startRun()
    run.startModelCall({ provider: 'p', model: 'm' }).onAbandon(() => {
      throw new Error('collect')
    })
    run.end()
    expect((await deliver()).types.at(-1)).toBe('run.completed')
    expect(errors).toEqual([[new Error('collect'), 'onAbandon']])
  })

  test('may start after its end: it hangs there by its ids only', async () => {
    const { claw, deliver } = recorded()
    const run = claw.startRun({ runId: 'r' })
    run.end()
    const tool = run.startToolCall({ name: 'late' })
    expect(tool.ended).toBe(false)
    tool.end()
    const gateway = await deliver()
    expect(gateway.ofRun('r').map((event) => event.type)).toEqual([
      'run.started',
      'run.completed',
      'tool.call.started',
      'tool.call.completed',
    ])
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })
})

describe('an action without a run', () => {
  const cases = [
    ['end', (call: ModelCall) => call.end(), 'run.completed', { stopReason: 'stop' }],
    ['end by length', (call: ModelCall) => call.end({ outcome: 'length' }), 'run.completed', { stopReason: 'length' }],
    ['fail', (call: ModelCall) => call.fail(new Error('no')), 'run.failed', { error: { message: 'no' } }],
    ['cancel', (call: ModelCall) => call.cancel('left'), 'run.cancelled', { reason: 'left' }],
    ['unread', (call: ModelCall) => call.end({ outcome: 'unread' }), 'run.timed_out', {}],
  ] as const
  test.each(cases)('gets one that ends as it does: %s', async (_, end, type, data) => {
    const { claw, deliver } = recorded()
    const call = claw.startModelCall({ provider: 'p', model: 'gpt' })
    end(call)
    const gateway = await deliver()
    expect(gateway.types.at(-1)).toBe(type)
    expect(gateway.one(type).data).toMatchObject(data)
    expect(gateway.one('run.started').data.name).toBe('gpt')
    expect(gateway.one('model.call.started').data.parentActionId).toBeUndefined()
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  test('is closed with it, and nothing of that counts as late', async () => {
    const { claw, deliver } = recorded()
    const tool = claw.startToolCall({ name: 'search', runName: 'by hand' })
    tool.run.end({ output: 1 })
    claw.startRetrieval({ name: 'index' }).end()
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    const gateway = await deliver()
    expect(gateway.ofRun(tool.runId).map((event) => event.type)).toEqual([
      'run.started',
      'tool.call.started',
      'tool.call.completed',
      'run.completed',
    ])
    expect(gateway.of('run.started').map(({ data }) => data.name)).toEqual(['by hand', 'index'])
  })
})

test('whatever is ended in whatever order, each run and action has one end, after its children', async () => {
  const step = fc.record({
    target: fc.nat(20),
    do: fc.constantFrom('run', 'model', 'tool', 'retrieval', 'end', 'fail', 'cancel'),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { claw, deliver } = recorded({ context: false })
      const handles: (Run | ModelCall | ToolCall | Retrieval)[] = [claw.startRun()]
      const parents = new Map<object, object>()
      let late = 0
      for (const { target, do: what } of steps) {
        const handle = handles[target % handles.length]
        if (handle === undefined) continue
        if (what === 'end' || what === 'fail' || what === 'cancel') {
          if (handle.ended) late++
          if (what === 'fail') handle.fail(new Error('x'))
          else handle[what]()
          continue
        }
        const made =
          what === 'run'
            ? handle.startRun()
            : what === 'model'
              ? handle.startModelCall({ provider: 'p', model: 'm' })
              : what === 'tool'
                ? handle.startToolCall({ name: 't' })
                : handle.startRetrieval({ name: 'i' })
        handles.push(made)
        parents.set(made, handle)
      }
      for (const handle of handles) if (!handle.ended) handle.end()
      expect(claw.stats()).toMatchObject({ open: 0, lateEnds: late })
      const gateway = await deliver()
      expect(gateway.kept.filter(isTerminalEvent)).toHaveLength(gateway.of('run.started').length)
      const started = gateway.kept.filter(({ type }) => type.endsWith('.started'))
      expect(gateway.kept).toHaveLength(started.length * 2)
      for (const runId of new Set(gateway.kept.map((event) => event.runId)))
        expect(gateway.ofRun(runId ?? '').map((event) => event.seq)).toEqual(
          gateway.ofRun(runId ?? '').map((_, index) => index + 1),
        )
    }),
    { numRuns: 150 },
  )
})
