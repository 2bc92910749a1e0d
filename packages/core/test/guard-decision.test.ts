import { GuardBlockedError, type GuardDecision } from '@pincer/protocol'
import { describe, expect, test } from 'vitest'
import { rest } from './manual-clock.ts'
import { type Decide, answering, search, setUp } from './guarded.ts'
import { until } from './until.ts'

describe('a decision', () => {
  const counting = (): { decide: Decide; asked: () => number } => {
    let asked = 0
    return {
      decide: async () => {
        asked++
        await rest()
        return { decision: 'allow' }
      },
      asked: () => asked,
    }
  }

  test('is asked for once, however often and at once it is wanted', async () => {
    const { decide, asked } = counting()
    const { claw, deliver } = setUp({ mode: 'enforce' }, decide)
    const run = claw.startRun()
    const tool = run.startToolCall(search)
    await Promise.all([
      tool.authorize(),
      tool.authorize(),
      claw.guard({ ...search, kind: 'tool_call', parent: run }),
    ])
    await tool.authorize()
    expect(asked()).toBe(1)
    expect((await deliver()).of('guard.decided')).toHaveLength(1)
  })

  test.each([
    ['other arguments', { ...search, input: { q: 'dogs' } }],
    ['another call', { ...search, toolCallId: 'call_2' }],
    ['another tool', { ...search, name: 'delete' }],
  ])('is not applied to %s', async (_, other) => {
    const { decide, asked } = counting()
    const { claw } = setUp({ mode: 'enforce' }, decide)
    const run = claw.startRun()
    await run.startToolCall(search).authorize()
    await run.startToolCall(other).authorize()
    expect(asked()).toBe(2)
  })

  test('is not applied to a call of another run that has the same id', async () => {
    const { decide, asked } = counting()
    const { claw } = setUp({ mode: 'enforce' }, decide)
    await Promise.all([
      claw.startRun().startToolCall(search).authorize(),
      claw.startRun().startToolCall(search).authorize(),
    ])
    expect(asked()).toBe(2)
  })

  test('is not applied to another call of the run that repeats its id and arguments', async () => {
    const { decide, asked } = counting()
    const { claw, deliver } = setUp({ mode: 'enforce' }, decide)
    const run = claw.startRun()
    const [first, second] = [run.startToolCall(search), run.startToolCall(search)]
    await Promise.all([first.authorize(), second.authorize()])
    await Promise.all([first.authorize(), second.authorize()])
    expect(asked()).toBe(2)
    const decided = (await deliver()).of('guard.decided')
    expect(decided.map(({ actionId }) => actionId)).toEqual([first.actionId, second.actionId])
  })

  test('of one call stands when another call with its id ends', async () => {
    const { decide, asked } = counting()
    const { claw } = setUp({ mode: 'enforce' }, decide)
    const run = claw.startRun()
    const [first, second] = [run.startToolCall(search), run.startToolCall(search)]
    await Promise.all([first.authorize(), second.authorize()])
    second.end()
    await first.authorize()
    expect(asked()).toBe(2)
  })

  test('that was asked for without a call serves the first call of its id only', async () => {
    const { decide, asked } = counting()
    const { claw } = setUp({ mode: 'enforce' }, decide)
    const run = claw.startRun()
    await claw.guard({ ...search, kind: 'tool_call', parent: run })
    const first = run.startToolCall(search)
    await first.authorize()
    expect(asked()).toBe(1)
    await run.startToolCall(search).authorize()
    expect(asked()).toBe(2)
    first.end()
    await run.startToolCall(search).authorize()
    expect(asked()).toBe(3)
  })

  test('is asked for each time where the call has no id', async () => {
    const { decide, asked } = counting()
    const { claw } = setUp({ mode: 'enforce' }, decide)
    for (let index = 0; index < 3; index++) await claw.guard({ kind: 'model_call', name: 'gpt' })
    expect(asked()).toBe(3)
  })

  test('is used up when the call has ended', async () => {
    const { decide, asked } = counting()
    const { claw } = setUp({ mode: 'enforce' }, decide)
    const run = claw.startRun()
    for (let index = 1; index <= 3; index++) {
      const tool = run.startToolCall(search)
      await tool.authorize()
      if (index === 2) tool.fail(new Error('x'))
      else tool.end()
      expect(asked()).toBe(index)
    }
  })

  test('that comes after the end of its call is used up too', async () => {
    const { decide, asked } = counting()
    const { claw } = setUp({ mode: 'enforce' }, decide)
    const run = claw.startRun()
    const first = run.startToolCall(search)
    const authorized = first.authorize()
    first.end()
    await authorized
    await run.startToolCall(search).authorize()
    expect(asked()).toBe(2)
  })

  test('that was a refusal stands', async () => {
    const { claw, gateway } = setUp({ mode: 'enforce' }, answering({ decision: 'block' }))
    const question = { kind: 'tool_call', name: 'x', toolCallId: 'c' } as const
    await expect(claw.guard(question)).rejects.toThrow(GuardBlockedError)
    await expect(claw.guard(question)).rejects.toThrow(GuardBlockedError)
    expect(gateway.questions).toHaveLength(1)
  })

  test.each(['open', 'closed'] as const)(
    'that was never made is asked for again, failing %s',
    async (fail) => {
      let isUp = false
      const { claw, gateway } = setUp({ mode: 'enforce', fail }, () =>
        isUp ? Promise.resolve({ decision: 'block' }) : Promise.reject(new Error('down')),
      )
      const question = { kind: 'tool_call', name: 'x', toolCallId: 'c' } as const
      await claw.guard(question).catch(() => {})
      isUp = true
      await expect(claw.guard(question)).rejects.toThrow(GuardBlockedError)
      expect(gateway.questions).toHaveLength(2)
    },
  )

  test('is still awaited by others when one of them gives up', async () => {
    let answer: ((decision: GuardDecision) => void) | undefined
    let signal: AbortSignal | undefined
    const { claw } = setUp({ mode: 'enforce' }, (_request, options) => {
      signal = options?.signal
      return new Promise((resolve) => (answer = resolve))
    })
    const question = { kind: 'tool_call', name: 'x', toolCallId: 'c' } as const
    const abort = new AbortController()
    const first = claw.guard(question, { signal: abort.signal }).catch((error: unknown) => error)
    const second = claw.guard(question)
    await until(() => answer !== undefined, 'the question')
    await rest()
    abort.abort('gone')
    await expect(first).resolves.toBe('gone')
    expect(signal?.aborted).toBe(false)
    answer?.({ decision: 'warn' })
    await expect(second).resolves.toMatchObject({ decision: 'warn' })
  })

  test('is asked for anew after everybody gave up', async () => {
    const { claw, gateway } = setUp({ mode: 'enforce' }, () => new Promise(() => {}))
    const question = { kind: 'tool_call', name: 'x', toolCallId: 'c' } as const
    for (let round = 1; round <= 2; round++) {
      const abort = new AbortController()
      const given = claw.guard(question, { signal: abort.signal }).catch((error: unknown) => error)
      await until(() => gateway.questions.length === round, 'the question')
      abort.abort('gone')
      await expect(given).resolves.toBe('gone')
    }
  })
})

describe('in observe mode', () => {
  test.each(['allow', 'warn', 'block', 'require_approval'] as const)(
    '"%s" is recorded, and holds up nothing',
    async (decision) => {
      const { claw, gateway, deliver } = setUp(
        {},
        answering({ decision, reason: 'because', approvalId: 'a' }),
      )
      const tool = claw.startRun({ runId: 'r' }).startToolCall(search)
      await expect(tool.authorize()).resolves.toEqual({
        decision: 'allow',
        input: search.input,
        edited: false,
      })
      await until(() => gateway.questions.length === 1, 'the question')
      expect(gateway.questions[0]).toMatchObject({ observe: true, name: 'search' })
      await deliver()
      expect(gateway.one('guard.decided')).toMatchObject({
        actionId: tool.actionId,
        data: { decision, enforced: false, reason: 'because' },
      })
      expect(gateway.types).not.toContain('approval.requested')
      expect(tool.ended).toBe(false)
    },
  )

  test('the answer is recorded though the run has ended, and that is not late', async () => {
    let answer: ((decision: GuardDecision) => void) | undefined
    const { claw, deliver } = setUp({}, () => new Promise((resolve) => (answer = resolve)))
    const run = claw.startRun({ runId: 'r' })
    const tool = run.startToolCall(search)
    await tool.authorize()
    tool.end()
    run.end()
    await until(() => answer !== undefined, 'the question')
    answer?.({ decision: 'block' })
    await rest()
    const gateway = await deliver()
    expect(gateway.one('guard.decided').data.decision).toBe('block')
    expect(gateway.ofRun('r').map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5])
    expect(claw.stats().lateEnds).toBe(0)
  })

  test('what is asked about is what stood there when it was asked', async () => {
    const { claw, gateway } = setUp({}, answering({ decision: 'allow' }))
    const input = { q: 'before' }
    void claw.guard({ kind: 'tool_call', name: 'x', input })
    input.q = 'after'
    await until(() => gateway.questions.length === 1, 'the question')
    expect(gateway.questions[0]?.input).toEqual({ q: 'before' })
    const hash = gateway.questions[0]?.inputHash
    await claw.guard({ kind: 'tool_call', name: 'x', input: { q: 'before' } })
    await until(() => gateway.questions.length === 2, 'the second question')
    expect(gateway.questions[1]?.inputHash).toBe(hash)
  })

  test.each<[string, Decide | undefined]>([
    ['is missing', undefined],
    ['is down', () => Promise.reject(new Error('down'))],
    [
      'throws',
      () => {
        throw new Error('down')
      },
    ],
    ['hangs', () => new Promise(() => {})],
  ])('a guard that %s holds up nothing either', async (_, decide) => {
    const { claw, clock, errors, gateway } = setUp({}, decide)
    const tool = claw.startRun().startToolCall(search)
    await expect(tool.authorize()).resolves.toMatchObject({ decision: 'allow' })
    tool.end()
    if (decide === undefined) return
    await until(() => gateway.questions.length === 1, 'the question')
    await until(async () => (await clock.advance(5_000), errors.length > 0), 'onError')
    expect(errors).toMatchObject([[expect.any(Error), 'guard']])
  })
})
