import { emptyUsage, isTerminalEvent } from '@pincer/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ModelCall, Retrieval, Run, ToolCall } from '../src/index.ts'
import { recorded } from './recorded.ts'

const usage = { ...emptyUsage, provider: 'p', model: 'm', inputTokens: 3, outputTokens: 4, totalTokens: 7 }

describe('a run', () => {
  test.each([
    [
      'end',
      (run: Run) => run.end({ output: 'o', stopReason: 'stop' }),
      'run.completed',
      { output: 'o', stopReason: 'stop' },
    ],
    [
      'fail',
      (run: Run) => run.fail(new RangeError('no'), { output: 'half' }),
      'run.failed',
      { output: 'half', error: { name: 'RangeError', message: 'no' } },
    ],
    [
      'cancel',
      (run: Run) => run.cancel('enough', { output: 'half' }),
      'run.cancelled',
      { reason: 'enough', output: 'half' },
    ],
    [
      'timeOut',
      (run: Run) => run.timeOut('too long', { output: 'half' }),
      'run.timed_out',
      { reason: 'too long', output: 'half' },
    ],
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

describe('whatever is thrown', () => {
  const unreadable = new Proxy(
    {},
    {
      get: () => {
        throw new Error('trap')
      },
      getPrototypeOf: () => {
        throw new Error('trap')
      },
    },
  )
  test.each([
    [undefined, { message: 'nothing' }],
    [null, { message: 'null' }],
    ['text', { message: 'text' }],
    [42, { message: '42' }],
    [Symbol('s'), {}],
    [() => {}, {}],
    [{ reason: 'odd', password: 'hunter2hunter2' }, { message: '{"reason":"odd","password":"[redacted]"}' }],
    [
      { message: 'm', name: 'N', code: 7, status: Number.NaN, request_id: 'r' },
      { message: 'm', name: 'N', code: '7', requestId: 'r' },
    ],
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
    [
      'end by length',
      (call: ModelCall) => call.end({ outcome: 'length' }),
      'run.completed',
      { stopReason: 'length' },
    ],
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
