import { GatewayError, type GuardRequest, UnsupportedByGatewayError } from '@pincer/protocol'
import { eventually } from '@pincer/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { OpenClawGatewaySettings } from '../src/gateway/gateway-options.ts'
import { openclaw, type OpenClawGateway } from '../src/gateway/openclaw-gateway.ts'
import { scriptApprovals, type ScriptedApprovals, scriptedAgents } from './gateway-script.ts'
import { type ScriptedGateway, startScriptedGateway } from './scripted-gateway.ts'

let server: ScriptedGateway
let approvals: ScriptedApprovals
let gateway: OpenClawGateway

beforeEach(async () => {
  approvals = scriptApprovals()
  server = await startScriptedGateway({ answers: { ...approvals.answers, 'agents.list': scriptedAgents } })
  gateway = openclaw({ url: server.url, token: 'secret' })
})
afterEach(async () => {
  await gateway.close()
  await server.close()
})

async function reopen(settings: OpenClawGatewaySettings): Promise<void> {
  await gateway.close()
  gateway = openclaw({ url: server.url, token: 'secret', ...settings })
}

function call(more: Partial<GuardRequest> = {}): GuardRequest {
  return {
    kind: 'tool_call',
    name: 'delete_file',
    runId: 'run-1',
    toolCallId: 'call-1',
    agentId: 'cleaner',
    input: { path: '/tmp/a' },
    inputHash: 'hash-a',
    risk: 'high',
    ...more,
  }
}

async function ask(more: Partial<GuardRequest> = {}): Promise<string> {
  const { approvalId = '' } = await gateway.guard.decide(call(more))
  return approvalId
}

function questions(): readonly Readonly<Record<string, unknown>>[] {
  return server.requests
    .filter(({ method }) => method === 'plugin.approval.request')
    .map(({ params }) => params)
}

describe('guard', () => {
  it('asks a person before tool calls of high risk, and about nothing else', async () => {
    for (const more of [
      { risk: 'low' },
      { risk: 'medium' },
      { kind: 'model_call', risk: 'critical' },
    ] as const) {
      expect(await gateway.guard.decide(call(more))).toEqual({ decision: 'allow' })
    }
    const { risk: _, ...undeclared } = call()
    expect(await gateway.guard.decide(undeclared)).toEqual({ decision: 'allow' })
    expect(questions()).toEqual([])
    expect(await gateway.guard.decide(call({ risk: 'critical' }))).toEqual({
      decision: 'require_approval',
      reason: 'The tool is declared to be of critical risk.',
      approvalId: approvals.ids[0],
      expiresAt: expect.any(Number),
    })
  })

  it('puts the call before people within the limits of the Gateway', async () => {
    await ask({ sessionKey: 'User-42' })
    expect(questions()).toEqual([
      {
        title: 'Allow delete_file?',
        description:
          'The agent "cleaner" wants to use the tool "delete_file" in the run run-1. The tool is declared to be of high risk.',
        detail: '{\n  "path": "/tmp/a"\n}',
        severity: 'warning',
        toolName: 'delete_file',
        toolCallId: 'call-1',
        // Our agent is none of the Gateway's, which refuses it beside a session of its own.
        sessionKey: 'agent:main:user-42',
        allowedDecisions: ['allow-once', 'deny'],
        timeoutMs: 600_000,
        twoPhase: true,
      },
    ])
    await reopen({ approvalTimeoutMs: 5000 })
    await ask({ name: `x\u0000${'y'.repeat(200)}`, input: '🦞'.repeat(40_000), risk: 'critical' })
    const { title, description, detail, severity, timeoutMs, agentId } = questions()[1] ?? {}
    expect(String(title)).toHaveLength(80)
    expect(String(title)).toMatch(/^Allow x y+…$/)
    expect(String(description).length).toBeLessThanOrEqual(512)
    expect(String(detail).length).toBeLessThanOrEqual(16_384)
    expect(String(detail)).toMatch(/🦞\n… \[cut: 80002 characters in all\]$/)
    // Arguments of that size are kept by nobody, so that they are shown as they were cut.
    const listed = await gateway.approvals.list({ status: 'pending' })
    expect(listed.find(({ risk }) => risk === 'critical')?.input).toEqual(
      expect.stringContaining('[cut: 80002 characters in all]'),
    )
    expect({ severity, timeoutMs, agentId }).toEqual({
      severity: 'critical',
      timeoutMs: 5000,
      agentId: 'cleaner',
    })
  })

  it('asks nobody where the answer is only recorded', async () => {
    expect(await gateway.guard.decide(call({ observe: true }))).toEqual({
      decision: 'require_approval',
      reason: 'The tool is declared to be of high risk.',
    })
    expect(questions()).toEqual([])
  })

  it('does what the policy of the app says, in its words', async () => {
    await reopen({
      guard: async ({ name }) =>
        name === 'drop'
          ? { decision: 'block', reason: 'never', policyId: 'p-1' }
          : name === 'read'
            ? 'warn'
            : 'block',
    })
    expect(await gateway.guard.decide(call({ name: 'drop' }))).toEqual({
      decision: 'block',
      reason: 'never',
      policyId: 'p-1',
    })
    expect(await gateway.guard.decide(call({ name: 'read' }))).toEqual({ decision: 'warn' })
    expect(await gateway.guard.decide(call({ name: 'other' }))).toEqual({
      decision: 'block',
      reason: 'the guard of this app does not allow "other"',
    })
    // What a program without types could answer.
    await reopen({ guard: () => 'sure' as 'allow' })
    await expect(gateway.guard.decide(call())).rejects.toMatchObject({
      code: 'invalid_option',
      message: 'guard: must answer allow, warn, block or require_approval, found a string "sure"',
    })
  })

  it('asks once about a call, however often and at once it is asked, and anew where the last answer holds no more', async () => {
    const [first, second] = await Promise.all([ask(), ask()])
    expect(second).toBe(first)
    expect(await ask()).toBe(first)
    for (const more of [
      { toolCallId: 'call-2' },
      { inputHash: 'hash-b' },
      { runId: 'run-2' },
      { name: 'other' },
    ]) {
      expect(await ask(more)).not.toBe(first)
    }
    approvals.decide(first, 'allow-once')
    // An approval that nobody used still holds.
    expect(await ask()).toBe(first)
    await gateway.approvals.wait(first, { claimedBy: 'action-1' })
    const third = await ask()
    expect(third).not.toBe(first)
    approvals.end(third, 'expired', 'timeout')
    const fourth = await ask()
    expect(fourth).not.toBe(third)
    approvals.decide(fourth, 'deny')
    // A denial stays.
    expect(await ask()).toBe(fourth)
  })

  it('tells calls without an id apart', async () => {
    const { toolCallId: _, ...nameless } = call()
    const first = await gateway.guard.decide(nameless)
    expect((await gateway.guard.decide(nameless)).approvalId).not.toBe(first.approvalId)
  })
})

describe('approvals', () => {
  it('denies where nobody could see the question, and says what to start', async () => {
    approvals.hasReviewer = false
    const approvalId = await ask()
    const approval = await gateway.approvals.wait(approvalId)
    expect(approval.status).toBe('denied')
    expect(approval.decisionReason).toContain('open its Control UI, or connect a client')
    expect(approval.decidedBy).toBeUndefined()
    // Somebody may have come meanwhile, so that it is asked again.
    approvals.hasReviewer = true
    expect(await ask()).not.toBe(approvalId)
  })

  it('shows what was asked and who answered, from other clients too', async () => {
    const approvalId = await ask()
    const shown = {
      approvalId,
      name: 'delete_file',
      toolCallId: 'call-1',
      input: { path: '/tmp/a' },
      runId: 'run-1',
    }
    expect(await gateway.approvals.get(approvalId)).toMatchObject({
      ...shown,
      status: 'pending',
      risk: 'high',
    })
    expect(await gateway.approvals.list({ status: 'pending' })).toMatchObject([shown])
    expect(await gateway.approvals.list({ status: 'denied' })).toEqual([])
    const waiting = gateway.approvals.wait(approvalId)
    await eventually(
      () => server.requests.some(({ method }) => method.endsWith('.waitDecision')) || undefined,
    )
    approvals.decide(approvalId, 'allow-once')
    expect(await waiting).toMatchObject({ ...shown, status: 'approved', decidedBy: 'control-ui' })
    expect(await gateway.approvals.list()).toMatchObject([{ status: 'approved' }])
    expect(await gateway.approvals.get('no-such')).toBeUndefined()
  })

  it('answers once, and keeps who and why', async () => {
    const approvalId = await ask()
    const waiting = gateway.approvals.wait(approvalId)
    const decided = await gateway.approvals.decide(approvalId, {
      decision: 'deny',
      decidedBy: 'ada',
      reason: 'too late',
    })
    const expected = { status: 'denied', decidedBy: 'ada', decisionReason: 'too late' }
    expect(decided).toMatchObject(expected)
    expect(await waiting).toMatchObject(expected)
    await expect(
      gateway.approvals.decide(approvalId, { decision: 'approve', decidedBy: 'bob' }),
    ).rejects.toMatchObject({ status: 409, gatewayCode: 'already_decided', retryable: false })
    expect(await gateway.approvals.get(approvalId)).toMatchObject(expected)
  })

  it('refuses edited arguments and answers that are none before anything is sent', async () => {
    const approvalId = await ask()
    const before = server.requests.length
    const edited = gateway.approvals.decide(approvalId, { decision: 'approve', input: { path: '/tmp/b' } })
    await expect(edited).rejects.toBeInstanceOf(UnsupportedByGatewayError)
    // What a program without types could send.
    const wrong = gateway.approvals.decide(approvalId, { decision: 'yes' as 'approve' })
    await expect(wrong).rejects.toMatchObject({ status: 400, gatewayCode: 'invalid_decision' })
    expect(server.requests).toHaveLength(before)
    await expect(gateway.approvals.decide('no-such', { decision: 'deny' })).rejects.toMatchObject({
      status: 404,
    })
  })

  it('says of a question of an agent which run asked it', async () => {
    const presentation = { kind: 'exec', commandText: 'rm a', allowedDecisions: ['allow-once', 'deny'] }
    server.answer('approval.get', () => ({
      approval: { id: 'exec-1', status: 'pending', createdAtMs: 1, presentation },
    }))
    const request = { command: 'rm a', runId: 'run-7', toolCallId: 'call-7', sessionKey: 'agent:main:notes' }
    server.answer('exec.approval.list', () => [
      { id: 'exec-0', request: { ...request, runId: 'run-6' }, createdAtMs: 1 },
      { id: 'exec-1', request, createdAtMs: 1 },
    ])
    expect(await gateway.approvals.get('exec-1')).toMatchObject({
      name: 'exec',
      input: { command: 'rm a' },
      status: 'pending',
      runId: 'run-7',
      toolCallId: 'call-7',
      sessionKey: 'agent:main:notes',
    })
  })

  it('never sends an answer that was not offered, which the Gateway takes as a denial', async () => {
    server.answer('approval.get', () => ({
      approval: {
        id: 'exec-1',
        status: 'pending',
        createdAtMs: 1,
        presentation: { kind: 'exec', commandText: 'rm a', allowedDecisions: ['allow-always', 'deny'] },
      },
    }))
    await expect(gateway.approvals.decide('exec-1', { decision: 'approve' })).rejects.toMatchObject({
      status: 400,
      gatewayCode: 'decision_not_offered',
    })
    expect(server.requests.map(({ method }) => method)).not.toContain('approval.resolve')
    expect(await gateway.approvals.get('exec-1')).toMatchObject({ name: 'exec', input: { command: 'rm a' } })
  })

  it('ends with the reason where time, a stopped run or a restart ended it', async () => {
    const endings = [
      ['expired', 'timeout', 'expired', 'nobody answered in time'],
      ['cancelled', 'run-aborted', 'cancelled', 'the run that it belonged to was stopped'],
      [
        'cancelled',
        'gateway-restart',
        'cancelled',
        'the Gateway was restarted while the question was open; ask again',
      ],
    ] as const
    for (const [status, reason, expected, decisionReason] of endings) {
      const approvalId = await ask()
      const waiting = gateway.approvals.wait(approvalId)
      await eventually(
        () => server.requests.some(({ method }) => method.endsWith('.waitDecision')) || undefined,
      )
      approvals.end(approvalId, status, reason)
      expect(await waiting).toMatchObject({ approvalId, status: expected, decisionReason })
    }
  })

  it('sits out a restart of the Gateway, which cancels what was pending', async () => {
    const approvalId = await ask()
    const waiting = gateway.approvals.wait(approvalId)
    await eventually(
      () => server.requests.some(({ method }) => method.endsWith('.waitDecision')) || undefined,
    )
    await server.stop()
    approvals.end(approvalId, 'cancelled', 'gateway-restart')
    await server.start()
    expect(await waiting).toMatchObject({ status: 'cancelled', approvalId })
  }, 15_000)

  it('waits no longer than it is told, and stops with the reason', async () => {
    const approvalId = await ask()
    expect((await gateway.approvals.wait(approvalId, { timeoutMs: 0 })).status).toBe('pending')
    const startedAt = performance.now()
    expect((await gateway.approvals.wait(approvalId, { timeoutMs: 60 })).status).toBe('pending')
    expect(performance.now() - startedAt).toBeGreaterThan(40)
    const abort = new AbortController()
    const waiting = gateway.approvals.wait(approvalId, { signal: abort.signal })
    const given = expect(waiting).rejects.toThrow('looked away')
    abort.abort(new Error('looked away'))
    await given
    const closing = expect(gateway.approvals.wait(approvalId)).rejects.toMatchObject({ code: 'closed' })
    await gateway.close()
    await closing
  })

  it('lets one action use an answer', async () => {
    const approvalId = await ask()
    approvals.decide(approvalId, 'allow-once')
    for (let times = 0; times < 2; times++) {
      expect((await gateway.approvals.wait(approvalId, { claimedBy: 'action-1' })).status).toBe('approved')
    }
    const second = gateway.approvals.wait(approvalId, { claimedBy: 'action-2' })
    await expect(second).rejects.toBeInstanceOf(GatewayError)
    await expect(second).rejects.toMatchObject({ status: 409, gatewayCode: 'already_used' })
    expect((await gateway.approvals.wait(approvalId)).status).toBe('approved')
  })
})
