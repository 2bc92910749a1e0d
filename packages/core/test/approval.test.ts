import {
  type Approval,
  ApprovalDeniedError,
  ApprovalTimeoutError,
  GatewayError,
  GuardBlockedError,
  GuardUnavailableError,
} from '@pincer/protocol'
import { describe, expect, test } from 'vitest'
import type { ClientOptions, GuardOptions, ToolCall } from '../src/index.ts'
import { rest } from './manual-clock.ts'
import { type Recorded, recorded } from './recorded.ts'
import { until } from './until.ts'

type Wait = (
  approvalId: string,
  options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } | undefined,
) => unknown

const pending: Approval = { approvalId: 'a1', name: 'deploy', status: 'pending', requestedAt: 1 }
const deploy = {
  toolCallId: 'call_1',
  name: 'deploy',
  input: { to: 'prod', token: 't' },
  risk: 'high',
} as const

function setUp(
  wait: Wait | undefined,
  guard: GuardOptions = {},
  options: Partial<ClientOptions> = {},
): Recorded {
  const decision = {
    decision: 'require_approval',
    approvalId: 'a1',
    reason: 'prod',
    expiresAt: 1_700_000_900_000,
  }
  return recorded(
    { guard: { mode: 'enforce', ...guard }, ...options },
    { decide: () => Promise.resolve(decision), ...(wait === undefined ? {} : { wait }) },
  )
}

/** A person who answers when the test says so. */
function person(): {
  wait: Wait
  answer: (approval: Partial<Approval>) => void
  asked: () => boolean
  signal: () => AbortSignal | undefined
} {
  let settle: ((approval: Approval) => void) | undefined
  let signal: AbortSignal | undefined
  return {
    wait: (_, options) => {
      signal = options?.signal
      return new Promise<Approval>((resolve) => (settle = resolve))
    },
    answer: (approval) => settle?.({ ...pending, ...approval }),
    asked: () => settle !== undefined,
    signal: () => signal,
  }
}

async function outcome(tool: ToolCall, { clock }: Recorded, stepMs = 1_000): Promise<unknown> {
  let result: unknown
  let isDone = false
  tool.authorize().then(
    (authorization) => ((result = authorization), (isDone = true)),
    (error: unknown) => ((result = error), (isDone = true)),
  )
  await until(async () => (await clock.advance(stepMs), isDone), 'the outcome')
  return result
}

test('an approval pauses the run, and its yes lets the action go on', async () => {
  const { wait, answer, asked } = person()
  const { claw, deliver, gateway } = setUp(wait)
  const run = claw.startRun({ runId: 'r' })
  const tool = run.startToolCall(deploy)
  const authorized = tool.authorize()
  await until(asked, 'the question')
  await deliver()
  expect(gateway.types.slice(2)).toEqual(['guard.decided', 'approval.requested'])
  expect(gateway.one('approval.requested')).toMatchObject({
    id: 'a1.requested',
    runId: 'r',
    actionId: tool.actionId,
    data: {
      approvalId: 'a1',
      name: 'deploy',
      toolCallId: 'call_1',
      input: { to: 'prod', token: '[redacted]' },
      inputHash: gateway.questions[0]?.inputHash,
      reason: 'prod',
      risk: 'high',
      expiresAt: 1_700_000_900_000,
    },
  })
  answer({ status: 'approved', decidedBy: 'ann', decisionReason: 'go' })
  await expect(authorized).resolves.toEqual({
    decision: 'require_approval',
    reason: 'prod',
    approvalId: 'a1',
    input: deploy.input,
    edited: false,
  })
  expect([run.ended, tool.ended]).toEqual([false, false])
  await deliver()
  expect(gateway.one('approval.resolved')).toMatchObject({
    id: 'a1.resolved',
    actionId: tool.actionId,
    data: { approvalId: 'a1', status: 'approved', decidedBy: 'ann', reason: 'go' },
  })
})

test('arguments that the person changed are the ones to use', async () => {
  const setup = setUp(() =>
    Promise.resolve({ ...pending, status: 'approved', editedInput: { to: 'staging' } }),
  )
  const tool = setup.claw.startRun().startToolCall(deploy)
  await expect(outcome(tool, setup)).resolves.toMatchObject({ input: { to: 'staging' }, edited: true })
  expect((await setup.deliver()).one('approval.resolved').data.input).toEqual({ to: 'staging' })
})

test('arguments that the caller changed meanwhile were not approved', async () => {
  const { wait, answer, asked } = person()
  const { claw } = setUp(wait)
  const input = { to: 'staging' }
  const tool = claw.startRun().startToolCall({ ...deploy, input })
  const refused = tool.authorize().catch((error: unknown) => error)
  await until(asked, 'the question')
  input.to = 'prod'
  answer({ status: 'approved' })
  await expect(refused).resolves.toBeInstanceOf(GuardBlockedError)
})

describe('an approval that is not given stops the action', () => {
  test('denied', async () => {
    const setup = setUp(() =>
      Promise.resolve({ ...pending, status: 'denied', decisionReason: 'not on friday' }),
    )
    const refusal = await outcome(setup.claw.startRun().startToolCall(deploy), setup)
    expect(refusal).toBeInstanceOf(ApprovalDeniedError)
    expect(refusal).toMatchObject({ approvalId: 'a1', reason: 'not on friday' })
    const gateway = await setup.deliver()
    expect(gateway.one('approval.resolved').data).toMatchObject({ status: 'denied', reason: 'not on friday' })
    expect(gateway.one('tool.call.failed').data).toMatchObject({ outcome: 'denied', toolCallId: 'call_1' })
    expect(gateway.types.slice(2)).toEqual([
      'guard.decided',
      'approval.requested',
      'approval.resolved',
      'tool.call.failed',
    ])
  })

  test.each(['expired', 'cancelled'] as const)('%s', async (status) => {
    const setup = setUp(() => Promise.resolve({ ...pending, status }))
    await expect(outcome(setup.claw.startRun().startToolCall(deploy), setup)).resolves.toBeInstanceOf(
      ApprovalTimeoutError,
    )
    const gateway = await setup.deliver()
    expect(gateway.one('approval.resolved').data.status).toBe(status)
    expect(gateway.one('tool.call.failed').data.outcome).toBe('timed_out')
  })

  test('not answered in time, by a gateway that says so', async () => {
    const setup = setUp(
      (_, options) =>
        new Promise((resolve) => {
          setup.clock.startTimer(() => resolve(pending), options?.timeoutMs ?? 0)
        }),
      { approvalTimeoutMs: 60_000 },
    )
    const startedAt = setup.clock.monotonic()
    const refusal = await outcome(setup.claw.startRun().startToolCall(deploy), setup)
    expect(refusal).toBeInstanceOf(ApprovalTimeoutError)
    expect(refusal).toMatchObject({ message: expect.stringContaining('60000 ms') })
    expect(setup.clock.monotonic() - startedAt).toBeLessThan(65_000)
    const gateway = await setup.deliver()
    expect(gateway.one('approval.resolved').data.status).toBe('expired')
    expect(gateway.one('tool.call.failed').data.outcome).toBe('timed_out')
  })

  test('not answered in time, by a gateway that answers "pending" at once: asked now and then, not all the time', async () => {
    const setup = setUp(() => Promise.resolve(pending), { approvalTimeoutMs: 60_000 })
    await expect(outcome(setup.claw.startRun().startToolCall(deploy), setup)).resolves.toBeInstanceOf(
      ApprovalTimeoutError,
    )
    expect(setup.gateway.waits.length).toBeGreaterThan(50)
    expect(setup.gateway.waits.length).toBeLessThan(150)
  })

  test.each<[string, Wait]>([
    ['never answers the wait', () => new Promise(() => {})],
    ['is down', () => Promise.reject(new GatewayError('down', { retryable: true }))],
  ])('a gateway that %s for the whole time', async (_, wait) => {
    const setup = setUp(wait, { approvalTimeoutMs: 60_000 })
    const startedAt = setup.clock.monotonic()
    await expect(outcome(setup.claw.startRun().startToolCall(deploy), setup)).resolves.toBeInstanceOf(
      GuardUnavailableError,
    )
    expect(setup.clock.monotonic() - startedAt).toBeLessThan(75_000)
    const gateway = await setup.deliver()
    expect(gateway.one('approval.resolved').data.status).toBe('cancelled')
    expect(gateway.one('tool.call.failed').data.outcome).toBe('blocked')
  })

  test.each<[string, Wait | undefined]>([
    ['lost it', () => Promise.reject(new GatewayError('not found', { status: 404 }))],
    ['answers nothing', () => Promise.resolve(undefined)],
    ['answers a word nobody knows', () => Promise.resolve({ ...pending, status: 'perhaps' })],
    [
      'throws',
      () => {
        throw new TypeError('broken')
      },
    ],
    ['has no approvals', undefined],
  ])('a gateway that %s, even where the client fails open', async (_, wait) => {
    const setup = setUp(wait, { fail: 'open' })
    const tool = setup.claw.startRun().startToolCall(deploy)
    const refusal = await outcome(tool, setup)
    expect(refusal instanceof GuardUnavailableError || refusal instanceof ApprovalTimeoutError).toBe(true)
    expect(tool.ended).toBe(true)
    await setup.deliver()
  })

  test('a decision that names no approval', async () => {
    const { claw } = recorded(
      { guard: { mode: 'enforce', fail: 'open' } },
      {
        decide: () => Promise.resolve({ decision: 'require_approval' }),
        wait: () => Promise.resolve(pending),
      },
    )
    await expect(claw.guard({ kind: 'tool_call', name: 'x' })).rejects.toThrow(GuardUnavailableError)
  })
})

test('the wait goes on while the gateway restarts', async () => {
  let failures = 0
  const setup = setUp(() =>
    ++failures <= 5
      ? Promise.reject(new GatewayError('restarting', { status: 503, retryable: true }))
      : Promise.resolve({ ...pending, status: 'approved' }),
  )
  const tool = setup.claw.startRun().startToolCall(deploy)
  await expect(outcome(tool, setup, 100)).resolves.toMatchObject({ approvalId: 'a1' })
  expect(setup.gateway.waits).toHaveLength(6)
  const gateway = await setup.deliver()
  expect(gateway.of('approval.requested')).toHaveLength(1)
})

test('the wait stays away for as long as the gateway asks', async () => {
  let failures = 0
  const setup = setUp(() =>
    ++failures === 1
      ? Promise.reject(new GatewayError('busy', { status: 429, retryable: true, retryAfterMs: 30_000 }))
      : Promise.resolve({ ...pending, status: 'approved' }),
  )
  const startedAt = setup.clock.monotonic()
  await outcome(setup.claw.startRun().startToolCall(deploy), setup)
  expect(setup.clock.monotonic() - startedAt).toBeGreaterThanOrEqual(30_000)
})

test('an abort ends the wait and the call, and withdraws the question', async () => {
  const { wait, asked, signal } = person()
  const { claw, deliver } = setUp(wait)
  const tool = claw.startRun().startToolCall(deploy)
  const abort = new AbortController()
  const refused = tool.authorize({ signal: abort.signal }).catch((error: unknown) => error)
  await until(asked, 'the question')
  abort.abort(new DOMException('left', 'AbortError'))
  await expect(refused).resolves.toMatchObject({ name: 'AbortError' })
  await rest()
  expect(signal()?.aborted).toBe(true)
  const gateway = await deliver()
  expect(gateway.one('approval.resolved').data.status).toBe('cancelled')
  expect(gateway.one('tool.call.completed').data.outcome).toBe('cancelled')
})

test('one caller that gives up does not withdraw what another waits for', async () => {
  const { wait, answer, asked, signal } = person()
  const { claw, gateway } = setUp(wait)
  const question = { kind: 'tool_call', ...deploy } as const
  const abort = new AbortController()
  const first = claw.guard(question, { signal: abort.signal }).catch((error: unknown) => error)
  const second = claw.guard(question)
  await until(asked, 'the question')
  await rest()
  abort.abort('gone')
  await expect(first).resolves.toBe('gone')
  expect(signal()?.aborted).toBe(false)
  answer({ status: 'approved' })
  await expect(second).resolves.toMatchObject({ approvalId: 'a1' })
  await expect(claw.guard(question)).resolves.toMatchObject({ approvalId: 'a1' })
  expect(gateway.waits).toHaveLength(1)
})

test('a long wait is no idling, and the tool has its whole time afterwards', async () => {
  const { wait, answer, asked } = person()
  const { claw, clock } = setUp(wait, { approvalTimeoutMs: 7_200_000 }, { idleTimeoutMs: 60_000 })
  const run = claw.startRun()
  const tool = run.startToolCall(deploy)
  const other = run.startModelCall({ provider: 'p', model: 'm' })
  const authorized = tool.authorize()
  await until(asked, 'the question')
  await clock.advance(3_600_000)
  answer({ status: 'approved' })
  await authorized
  await clock.advance(50_000)
  expect([tool.ended, other.ended, run.ended]).toEqual([false, false, false])
  tool.end()
  other.end()
  run.end()
  expect(claw.stats().lateEnds).toBe(0)
})

test('a run that ends while a person is asked stays ended', async () => {
  const { wait, answer, asked } = person()
  const { claw, deliver } = setUp(wait)
  const run = claw.startRun({ runId: 'r' })
  const authorized = run.startToolCall(deploy).authorize()
  await until(asked, 'the question')
  run.cancel('stopped')
  answer({ status: 'approved' })
  await authorized
  const gateway = await deliver()
  expect(gateway.ofRun('r').map(({ type }) => type)).toEqual([
    'run.started',
    'tool.call.started',
    'guard.decided',
    'approval.requested',
    'tool.call.completed',
    'run.cancelled',
  ])
})
