import {
  type Approval,
  type Gateway,
  GatewayError,
  type GuardRequest,
  UnsupportedByGatewayError,
} from '@pincer/protocol'
import { expect, it } from 'vitest'
import { partOf } from './part-of.ts'
import type { GatewaySubject } from './subject.ts'

/** What every gateway with a guard holds to. */
export function contractGuard(subject: () => GatewaySubject): void {
  const guard = (): NonNullable<Gateway['guard']> => partOf(subject().gateway.guard)

  it('allows, warns, blocks and asks', async () => {
    const names = partOf(subject().guarded)
    for (const answer of ['allow', 'warn', 'block', 'require_approval'] as const) {
      const decision = await guard().decide(toolCall(names[answer]))
      expect(decision.decision).toBe(answer)
      if (answer === 'block') expect(decision.reason).toEqual(expect.any(String))
      expect(typeof decision.approvalId).toBe(answer === 'require_approval' ? 'string' : 'undefined')
    }
  })

  it('gives up when it is aborted before', async () => {
    const reason = new Error('given up')
    const decision = guard().decide(toolCall(partOf(subject().guarded).allow), {
      signal: AbortSignal.abort(reason),
    })
    await expect(decision).rejects.toBe(reason)
  })
}

/** What every gateway with approvals holds to. */
export function contractApprovals(subject: () => GatewaySubject): void {
  const approvals = (): NonNullable<Gateway['approvals']> => partOf(subject().gateway.approvals)

  async function ask(request: Partial<GuardRequest> = {}): Promise<string> {
    const name = partOf(subject().guarded).require_approval
    const decision = await partOf(subject().gateway.guard).decide({ ...toolCall(name), ...request })
    return decision.approvalId ?? ''
  }

  // A gateway that others use as well lists more than this test has asked.
  function ofTest(listed: readonly Approval[], asked: readonly string[]): readonly Approval[] {
    return subject().isShared === true ? listed.filter((found) => asked.includes(found.approvalId)) : listed
  }

  it('lists and shows what was asked', async () => {
    const approvalId = await ask()
    const shown = { approvalId, status: 'pending', toolCallId: 'call-1', input: { path: '/tmp/a' } }
    expect(await approvals().get(approvalId)).toMatchObject(shown)
    expect(ofTest(await approvals().list({ status: 'pending' }), [approvalId])).toMatchObject([shown])
    expect(ofTest(await approvals().list({ status: 'approved' }), [approvalId])).toEqual([])
    expect(await approvals().get('no-such-approval')).toBeUndefined()
  })

  it('wakes everybody who waits when it is decided', async () => {
    const approvalId = await ask()
    const waiting = [approvals().wait(approvalId), approvals().wait(approvalId, { timeoutMs: 10_000 })]
    const decided = await approvals().decide(approvalId, {
      decision: 'approve',
      decidedBy: 'ada',
      reason: 'fine',
    })
    const expected = { approvalId, status: 'approved', decidedBy: 'ada', decisionReason: 'fine' }
    expect(decided).toMatchObject(expected)
    for (const approval of await Promise.all(waiting)) expect(approval).toMatchObject(expected)
    expect((await approvals().wait(approvalId)).status).toBe('approved')
  })

  it('keeps the first answer', async () => {
    const approvalId = await ask()
    await approvals().decide(approvalId, { decision: 'deny', reason: 'no' })
    const second = await approvals()
      .decide(approvalId, { decision: 'approve' })
      .catch((error: unknown) => error)
    expect(second).toBeInstanceOf(GatewayError)
    expect(second).toMatchObject({ gatewayCode: 'already_decided', retryable: false })
    expect((await approvals().get(approvalId))?.status).toBe('denied')
  })

  it('hands edited arguments on, or says that it cannot', async () => {
    const approvalId = await ask()
    const decision = { decision: 'approve', input: { path: '/tmp/b' } } as const
    if (subject().editsArguments === false) {
      await expect(approvals().decide(approvalId, decision)).rejects.toBeInstanceOf(UnsupportedByGatewayError)
      expect((await approvals().get(approvalId))?.status).toBe('pending')
      return
    }
    await approvals().decide(approvalId, decision)
    expect((await approvals().wait(approvalId)).editedInput).toEqual({ path: '/tmp/b' })
  })

  it('lets one action use an answer, however often that one asks', async () => {
    const approvalId = await ask()
    const first = approvals().wait(approvalId, { claimedBy: 'action-1' })
    await approvals().decide(approvalId, { decision: 'approve' })
    expect((await first).status).toBe('approved')
    expect((await approvals().wait(approvalId, { claimedBy: 'action-1' })).status).toBe('approved')
    await expect(approvals().wait(approvalId, { claimedBy: 'action-2' })).rejects.toMatchObject({
      gatewayCode: 'already_used',
      retryable: false,
    })
    // The same call again is a new question.
    expect(await ask({ actionId: 'action-2' })).not.toBe(approvalId)
  })

  it('answers as it stands when the time is over', async () => {
    const approvalId = await ask()
    const startedAt = performance.now()
    expect((await approvals().wait(approvalId, { timeoutMs: 100 })).status).toBe('pending')
    expect(performance.now() - startedAt).toBeGreaterThan(50)
    expect((await approvals().wait(approvalId, { timeoutMs: 0 })).status).toBe('pending')
  })

  it('stops waiting with the reason when it is aborted', async () => {
    const approvalId = await ask()
    const abort = new AbortController()
    const waiting = approvals().wait(approvalId, { signal: abort.signal })
    const ended = expect(waiting).rejects.toThrow('given up')
    setTimeout(() => abort.abort(new Error('given up')), 20)
    await ended
    expect((await approvals().get(approvalId))?.status).toBe('pending')
  })

  it('refuses to wait for what does not exist', async () => {
    await expect(approvals().wait('no-such-approval')).rejects.toMatchObject({
      status: 404,
      retryable: false,
    })
  })

  it('binds an answer to the call and its arguments', async () => {
    const first = await ask()
    expect(await ask()).toBe(first)
    const otherCall = await ask({ toolCallId: 'call-2' })
    const otherInput = await ask({ inputHash: 'other' })
    expect(new Set([first, otherCall, otherInput]).size).toBe(3)
    const listed = await approvals().list({ status: 'pending' })
    expect(ofTest(listed, [first, otherCall, otherInput])).toHaveLength(3)
  })
}

function toolCall(name: string): GuardRequest {
  return {
    kind: 'tool_call',
    name,
    runId: 'run-1',
    toolCallId: 'call-1',
    agentId: 'tester',
    input: { path: '/tmp/a' },
    inputHash: 'hash-of-a',
  }
}
