import {
  type Approval,
  type ApprovalDecision,
  ApprovalPendingError,
  type Gateway,
  GatewayError,
  type GuardRequest,
} from '@pincer/protocol'
import { describe, expect, test } from 'vitest'
import { type Claw, createClient, type ToolCall } from '../src/index.ts'

const deploy = { toolCallId: 'call_1', name: 'deploy', input: { to: 'prod' } } as const

/** A gateway that keeps one question. */
function oneQuestion(): {
  gateway: Gateway
  asked: GuardRequest[]
  decide: (decision: Partial<Approval>) => void
  broken: { get?: boolean }
} {
  const asked: GuardRequest[] = []
  const broken: { get?: boolean } = {}
  let approval: Approval | undefined
  const decide = (decision: Partial<Approval>): void => {
    if (approval !== undefined) approval = { ...approval, ...decision }
  }
  const current = (): Approval => {
    if (approval === undefined) throw new GatewayError('nothing was asked')
    return approval
  }
  const gateway: Gateway = {
    name: 'one question',
    close: async () => {},
    guard: {
      decide: async (request) => {
        asked.push(request)
        approval = { ...request, approvalId: `a${asked.length}`, status: 'pending', requestedAt: 1 }
        return { decision: 'require_approval', approvalId: approval.approvalId }
      },
    },
    approvals: {
      list: async () => [],
      get: async () => {
        if (broken.get === true) throw new GatewayError('down', { retryable: true })
        return approval
      },
      decide: async (_: string, { decision }: ApprovalDecision) => {
        decide({ status: decision === 'approve' ? 'approved' : 'denied' })
        return current()
      },
      wait: async () => current(),
    },
  }
  return { gateway, asked, decide, broken }
}

function start(gateway: Gateway, fail: 'open' | 'closed' = 'closed'): { claw: Claw; call: ToolCall } {
  const claw = createClient({ gateway, guard: { mode: 'enforce', fail }, onError: () => {} })
  return { claw, call: claw.startRun().startToolCall(deploy) }
}

async function ask(call: ToolCall, approvalId?: string): Promise<unknown> {
  const known = approvalId === undefined ? {} : { approvalId }
  return call.authorize({ wait: false, ...known }).catch((error: unknown) => error)
}

describe('without waiting', () => {
  test('a question that is open is told by an error, and leaves the call open', async () => {
    const { gateway } = oneQuestion()
    const { call } = start(gateway)
    const pending = await ask(call)
    expect(pending).toBeInstanceOf(ApprovalPendingError)
    expect(pending).toMatchObject({ code: 'approval_pending', approvalId: 'a1' })
    expect(call.ended).toBe(false)
  })

  test.each([
    [{ status: 'approved' }, { edited: false, approvalId: 'a1' }],
    [
      { status: 'approved', editedInput: { to: 'test' } },
      { edited: true, input: { to: 'test' } },
    ],
    [
      { status: 'denied', decisionReason: 'no' },
      { code: 'approval_denied', reason: 'no' },
    ],
    [{ status: 'expired' }, { code: 'approval_timed_out' }],
  ] as const)('the answer %j is found later, without asking the guard again', async (decision, expected) => {
    const { gateway, asked, decide } = oneQuestion()
    const { call } = start(gateway)
    await ask(call)
    expect(await ask(call, 'a1')).toMatchObject({ code: 'approval_pending' })
    decide(decision)
    expect(await ask(call, 'a1')).toMatchObject(expected)
    expect(asked).toHaveLength(1)
  })

  test('another process finds the answer', async () => {
    const { gateway, asked, decide } = oneQuestion()
    await ask(start(gateway).call)
    decide({ status: 'approved' })
    expect(await ask(start(gateway).call, 'a1')).toMatchObject({
      decision: 'require_approval',
      edited: false,
    })
    expect(asked).toHaveLength(1)
  })
})

describe('an approval that was asked for before', () => {
  test('holds for the same arguments only: others are asked about anew', async () => {
    const { gateway, asked, decide } = oneQuestion()
    const { claw, call } = start(gateway)
    await ask(call)
    decide({ status: 'approved' })
    const other = claw.startRun().startToolCall({ ...deploy, input: { to: 'elsewhere' } })
    expect(await ask(other, 'a1')).toMatchObject({ code: 'approval_pending', approvalId: 'a2' })
    expect(asked).toHaveLength(2)
  })

  test('that cannot be looked up is no permission, not even where the client fails open', async () => {
    const { gateway, broken } = oneQuestion()
    const { call } = start(gateway, 'open')
    await ask(call)
    broken.get = true
    expect(await ask(call, 'a1')).toMatchObject({ code: 'guard_unavailable' })
  })
})

test('in observe mode nothing is looked for', async () => {
  const { gateway } = oneQuestion()
  const claw = createClient({ gateway, onError: () => {} })
  const approvalId = (): never => {
    throw new Error('looked for')
  }
  const call = claw.startRun().startToolCall(deploy)
  await expect(call.authorize({ wait: false, approvalId })).resolves.toMatchObject({ decision: 'allow' })
})

test('a call may wait for another time than the client', async () => {
  const { gateway } = oneQuestion()
  const { call } = start(gateway)
  await expect(call.authorize({ approvalTimeoutMs: 20 })).rejects.toMatchObject({
    code: 'approval_timed_out',
  })
})
