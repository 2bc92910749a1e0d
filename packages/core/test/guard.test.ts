import {
  GatewayError,
  GuardBlockedError,
  GuardUnavailableError,
  UnsupportedByGatewayError,
} from '@pincer/protocol'
import { describe, expect, test } from 'vitest'
import { type Decide, answering, search, setUp } from './guarded.ts'
import { until } from './until.ts'

describe('in enforce mode', () => {
  test.each(['allow', 'warn'] as const)('"%s" lets the action go on', async (decision) => {
    const { claw, gateway, deliver } = setUp(
      { mode: 'enforce' },
      answering({ decision, reason: 'fine', policyId: 'p1' }),
    )
    const run = claw.startRun({ runId: 'r' })
    const tool = run.startToolCall(search)
    const authorization = await tool.authorize()
    expect(authorization).toEqual({ decision, reason: 'fine', input: { q: 'cats' }, edited: false })
    expect(authorization.input).toBe(search.input)
    expect(tool.ended).toBe(false)
    tool.end()
    expect(gateway.questions).toEqual([
      {
        kind: 'tool_call',
        name: 'search',
        runId: 'r',
        actionId: tool.actionId,
        toolCallId: 'call_1',
        agentId: 'agent',
        sessionKey: 'session',
        input: { q: 'cats' },
        inputHash: expect.stringMatching(/^[0-9a-f]{64}$/),
        risk: 'medium',
        observe: undefined,
      },
    ])
    await deliver()
    expect(gateway.one('guard.decided')).toMatchObject({
      runId: 'r',
      actionId: tool.actionId,
      data: {
        decision,
        kind: 'tool_call',
        name: 'search',
        enforced: true,
        toolCallId: 'call_1',
        reason: 'fine',
        policyId: 'p1',
        durationMs: 0,
      },
    })
    expect(gateway.types).toEqual([
      'run.started',
      'tool.call.started',
      'guard.decided',
      'tool.call.completed',
    ])
  })

  test('"block" ends the call and is thrown', async () => {
    const { claw, deliver } = setUp(
      { mode: 'enforce' },
      answering({ decision: 'block', reason: 'too dangerous', policyId: 'p2' }),
    )
    const tool = claw.startRun().startToolCall(search)
    const refusal = await tool.authorize().catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(GuardBlockedError)
    expect(refusal).toMatchObject({
      action: 'search',
      reason: 'too dangerous',
      policyId: 'p2',
      code: 'guard_blocked',
    })
    expect(tool.ended).toBe(true)
    const gateway = await deliver()
    expect(gateway.types.slice(2)).toEqual(['guard.decided', 'tool.call.failed'])
    expect(gateway.one('tool.call.failed').data).toMatchObject({
      toolCallId: 'call_1',
      outcome: 'blocked',
      error: { name: 'GuardBlockedError', code: 'guard_blocked' },
    })
    expect(claw.stats().lateEnds).toBe(0)
  })

  test('"block" without a reason says so', async () => {
    const { claw } = setUp({ mode: 'enforce' }, answering({ decision: 'block' }))
    await expect(claw.guard({ kind: 'tool_call', name: 'x' })).rejects.toThrow('no reason given')
  })

  const failures: [string, Decide, RegExp][] = [
    ['is down', () => Promise.reject(new GatewayError('down', { retryable: true })), /down/],
    [
      'throws at once',
      () => {
        throw new TypeError('broken')
      },
      /broken/,
    ],
    ['answers nothing', () => Promise.resolve(undefined), /undefined/],
    ['answers a word nobody knows', () => Promise.resolve({ decision: 'deny' }), /guard verdict.*"deny"/],
    ['never answers', () => new Promise(() => {}), /no answer within 10000 ms/],
  ]

  test.each(failures)(
    'a guard that %s stops the action where the client fails closed',
    async (_, decide, cause) => {
      const { claw, clock, errors, deliver } = setUp({ mode: 'enforce' }, decide)
      const tool = claw.startRun().startToolCall(search)
      const refused = tool.authorize().catch((error: unknown) => error)
      await until(async () => (await clock.advance(1_000), tool.ended), 'the refusal')
      const refusal = await refused
      expect(refusal).toBeInstanceOf(GuardUnavailableError)
      expect(String((refusal as Error).cause)).toMatch(cause)
      expect(errors).toMatchObject([[expect.anything(), 'guard']])
      const gateway = await deliver()
      expect(gateway.one('tool.call.failed').data.outcome).toBe('blocked')
      expect(gateway.of('guard.decided')).toEqual([])
    },
  )

  test.each(failures)(
    'a guard that %s lets the action go on where the client fails open',
    async (_, decide, cause) => {
      const { claw, clock, errors } = setUp({ mode: 'enforce', fail: 'open' }, decide)
      const tool = claw.startRun().startToolCall(search)
      let authorization: unknown
      void tool.authorize().then((given) => (authorization = given))
      await until(async () => (await clock.advance(1_000), authorization !== undefined), 'permission')
      expect(authorization).toEqual({
        decision: 'allow',
        reason: 'the guard could not be asked',
        input: search.input,
        edited: false,
      })
      expect(tool.ended).toBe(false)
      expect(String(errors[0]?.[0])).toMatch(cause)
    },
  )

  test('a guard that never answers is told when its time is up', async () => {
    let signal: AbortSignal | undefined
    const { claw, clock } = setUp({ mode: 'enforce', timeoutMs: 50 }, (_request, options) => {
      signal = options?.signal
      return new Promise(() => {})
    })
    const refused = claw.guard({ kind: 'tool_call', name: 'x' }).catch((error: unknown) => error)
    await until(() => signal !== undefined, 'the question')
    await clock.advance(50)
    await expect(refused).resolves.toBeInstanceOf(GuardUnavailableError)
    expect(signal?.aborted).toBe(true)
  })

  test('a gateway without a guard is no permission', async () => {
    const { claw } = setUp({ mode: 'enforce' })
    const refusal = await claw.guard({ kind: 'tool_call', name: 'x' }).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'guard_unavailable' })
    expect((refusal as Error).cause).toBeInstanceOf(UnsupportedByGatewayError)
    expect(String((refusal as Error).cause)).toContain('guard.mode')
  })

  test('arguments that cannot be written cannot be asked about', async () => {
    const circle: Record<string, unknown> = {}
    circle['self'] = circle
    const { claw, gateway } = setUp({ mode: 'enforce' }, answering({ decision: 'allow' }))
    await expect(claw.guard({ kind: 'tool_call', name: 'x', input: circle })).rejects.toThrow('"x"')
    expect(gateway.questions).toEqual([])
  })

  test('a signal that is aborted cancels the call and withdraws the question', async () => {
    let asked: AbortSignal | undefined
    const { claw, deliver } = setUp({ mode: 'enforce' }, (_request, options) => {
      asked = options?.signal
      return new Promise(() => {})
    })
    const tool = claw.startRun().startToolCall(search)
    const abort = new AbortController()
    const refused = tool.authorize({ signal: abort.signal }).catch((error: unknown) => error)
    await until(() => asked !== undefined, 'the question')
    abort.abort(new Error('the user left'))
    await expect(refused).resolves.toEqual(new Error('the user left'))
    expect(asked?.aborted).toBe(true)
    const gateway = await deliver()
    expect(gateway.one('tool.call.completed').data).toMatchObject({
      outcome: 'cancelled',
      reason: 'aborted while waiting for permission',
    })
    await expect(
      claw.guard({ kind: 'tool_call', name: 'x' }, { signal: AbortSignal.abort('early') }),
    ).rejects.toBe('early')
  })

  test('the arguments shown are redacted, the hash is of the real ones', async () => {
    const { claw, gateway } = setUp({ mode: 'enforce' }, answering({ decision: 'allow' }))
    for (const password of ['one', 'two'])
      await claw.guard({ kind: 'tool_call', name: 'login', input: { user: 'ann', password } })
    expect(gateway.questions.map(({ input }) => input)).toEqual([
      { user: 'ann', password: '[redacted]' },
      { user: 'ann', password: '[redacted]' },
    ])
    expect(gateway.questions[0]?.inputHash).not.toBe(gateway.questions[1]?.inputHash)
  })

  test('the hash does not depend on the order of fields, and tells apart what differs', async () => {
    const { claw, gateway } = setUp({ mode: 'enforce' }, answering({ decision: 'allow' }))
    const hash = async (input: unknown): Promise<unknown> => {
      await claw.guard({ kind: 'tool_call', name: 'x', input })
      return gateway.questions.at(-1)?.inputHash
    }
    expect(await hash({ a: 1, b: { c: 2, d: 3 } })).toBe(await hash({ b: { d: 3, c: 2 }, a: 1 }))
    const different = [
      undefined,
      null,
      {},
      [],
      '',
      'undefined',
      { a: 1 },
      { a: '1' },
      { a: null },
      { a: Number.NaN },
      { a: 1n },
      new Map([['a', 1]]),
      new Map([['a', 2]]),
      new Set([1]),
      new Set([2]),
      [1, 2],
      [2, 1],
      new Date(0),
      new Date(1),
      { a: { b: 1 } },
      { 'a.b': 1 },
      JSON.parse('{"__proto__":1}'),
    ]
    const hashes = []
    for (const input of different) hashes.push(await hash(input))
    expect(new Set(hashes).size).toBe(different.length)
  })
})

test('what was answered about an action is used up when it ends, under whichever id of the call it was asked', async () => {
  const { claw, gateway } = setUp({ mode: 'enforce' }, answering({ decision: 'allow' }))
  const tool = claw.startRun().startToolCall(search)
  const { actionId } = tool
  const action = {
    kind: 'tool_call',
    name: 'search',
    toolCallId: 'call_1@run',
    actionId,
    parent: tool,
  } as const
  await claw.guard(action)
  await claw.guard(action)
  expect(gateway.questions).toHaveLength(1)
  tool.end()
  await claw.guard(action)
  expect(gateway.questions).toHaveLength(2)
})
