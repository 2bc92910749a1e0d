import type { GuardRequest } from '@pincer/protocol'
import { describe, expect, test } from 'vitest'
import type { DashClawGateway } from '../src/index.ts'
import { event, openPlace } from './gateway-place.ts'
import { until } from './make-claw.ts'

const asking = (): 'require_approval' => 'require_approval'

function request(more: Partial<GuardRequest> = {}): GuardRequest {
  return {
    kind: 'tool_call',
    name: 'send_email',
    runId: 'run-1',
    actionId: 'a',
    toolCallId: 'call-a',
    input: { to: 'ada' },
    inputHash: 'hash-of-ada',
    ...more,
  }
}

const started = event(
  'tool.call.started',
  { toolCallId: 'call-a', name: 'send_email', input: { to: 'ada' } },
  { actionId: 'a' },
)

async function ask(gateway: DashClawGateway, more: Partial<GuardRequest> = {}): Promise<string> {
  const { approvalId } = await gateway.guard.decide(request(more))
  if (approvalId === undefined) throw new Error('nobody was asked')
  return approvalId
}

describe('the guard', () => {
  test('tells the server what is to be done, with its risk and the systems it touches', async () => {
    await using place = await openPlace({ policy: () => 'warn' })
    const decision = await place.gateway.guard.decide(request({ risk: 'high', agentId: 'mailer' }))
    expect(decision).toEqual({ decision: 'warn', reason: 'a policy: warn', policyId: 'gp_warn' })
    expect(place.server.evaluations).toMatchObject([
      {
        action_type: 'send_email',
        declared_goal: 'Use the tool send_email: {"to":"ada"}',
        systems_touched: ['send_email'],
        agent_risk_score: 70,
        agent_id: 'mailer',
      },
    ])
  })

  test('asks nobody where its answer is only recorded', async () => {
    await using place = await openPlace({ policy: asking })
    const decision = await place.gateway.guard.decide(request({ observe: true }))
    expect(decision.decision).toBe('require_approval')
    expect(decision).not.toHaveProperty('approvalId')
    expect(place.server.rows.size).toBe(0)
  })

  test('is heard where the server refuses the row of the question', async () => {
    await using place = await openPlace({
      policy: ({ status }) => (status === undefined ? 'require_approval' : 'block'),
    })
    expect(await place.gateway.guard.decide(request())).toMatchObject({
      decision: 'block',
      reason: 'a policy: block',
    })
  })

  test('that cannot be asked is no permission', async () => {
    await using place = await openPlace({ fault: () => ({ status: 503 }) })
    await expect(place.gateway.guard.decide(request())).rejects.toMatchObject({
      status: 503,
      retryable: true,
    })
    await place.gateway.close()
    await expect(place.gateway.guard.decide(request())).rejects.toMatchObject({ code: 'closed' })
  })
})

describe('a question', () => {
  test.each(['2.0', '2.10'] as const)('is the row of its action, to the end (%s)', async (line) => {
    await using place = await openPlace({ line, policy: asking })
    const { gateway, server } = place
    const approvalId = await ask(gateway)
    expect(approvalId).toBe('act_a')
    await gateway.events.append([started])
    expect(server.rows.get('act_a')).toMatchObject({
      status: 'pending_approval',
      reasoning: 'a policy: require_approval',
      input_summary: '{"to":"ada"}',
      parent_action_id: 'act_run_run-1',
    })
    await gateway.approvals.decide(approvalId, { decision: 'approve' })
    expect((await gateway.approvals.wait(approvalId, { claimedBy: 'a' })).status).toBe('approved')
    await gateway.events.append([
      event(
        'tool.call.completed',
        { toolCallId: 'call-a', outcome: 'ok', output: 'sent' },
        { actionId: 'a' },
      ),
    ])
    expect(server.rows.get('act_a')).toMatchObject({ status: 'completed', output_summary: 'sent' })
    expect(server.rows.size).toBe(1)
    // Done, and still an approval.
    expect((await gateway.approvals.get(approvalId))?.status).toBe('approved')
    expect(await gateway.approvals.list({ status: 'pending' })).toEqual([])
  })

  test('takes over a row that was recorded while the guard was being asked', async () => {
    const guard = Promise.withResolvers<void>()
    await using place = await openPlace({
      policy: asking,
      before: ({ path }) => (path === '/api/guard' ? guard.promise : undefined),
    })
    const deciding = place.gateway.guard.decide(request())
    await place.gateway.events.append([started])
    expect(place.server.rows.get('act_a')?.['status']).toBe('pending_approval')
    guard.resolve()
    expect((await deciding).approvalId).toBe('act_a')
    expect(place.server.rows.size).toBe(1)
    expect(await place.gateway.approvals.get('act_a')).toMatchObject({
      status: 'pending',
      toolCallId: 'call-a',
      inputHash: 'hash-of-ada',
    })
  })

  test.each(['allow', 'deny'] as const)(
    'is answered by a person who is quicker than the guard: %s',
    async (verdict) => {
      const guard = Promise.withResolvers<void>()
      await using place = await openPlace({
        policy: asking,
        before: ({ path }) => (path === '/api/guard' ? guard.promise : undefined),
      })
      const deciding = place.gateway.guard.decide(request())
      await place.gateway.events.append([started])
      await place.gateway.client.approveAction('act_a', verdict, 'seen')
      guard.resolve()
      expect((await deciding).approvalId).toBe('act_a')
      expect((await place.gateway.approvals.wait('act_a', { claimedBy: 'a' })).status).toBe(
        verdict === 'allow' ? 'approved' : 'denied',
      )
    },
  )

  test('lets a row that was recorded meanwhile go on where nobody is asked after all', async () => {
    const guard = Promise.withResolvers<void>()
    await using place = await openPlace({
      policy: ({ status }) => (status === undefined ? undefined : 'require_approval'),
      before: ({ path }) => (path === '/api/guard' ? guard.promise : undefined),
    })
    const deciding = place.gateway.guard.decide(request())
    await place.gateway.events.append([started])
    guard.resolve()
    expect((await deciding).decision).toBe('allow')
    expect(place.server.rows.get('act_a')?.['status']).toBe('running')
  })

  test('is never answered by a row that was only recorded, and has a row of its own then', async () => {
    await using place = await openPlace({ policy: asking })
    const { gateway, server } = place
    await gateway.events.append([started])
    expect(server.rows.get('act_a')?.['status']).toBe('running')
    const approvalId = await ask(gateway)
    expect(approvalId).not.toBe('act_a')
    expect((await gateway.approvals.get(approvalId))?.status).toBe('pending')
    await gateway.approvals.decide(approvalId, { decision: 'approve' })
    await gateway.approvals.wait(approvalId, { claimedBy: 'a' })
    expect(server.rows.get(approvalId)).toMatchObject({ status: 'completed', approved_by: 'key_1' })
    expect((await gateway.approvals.wait(approvalId, { claimedBy: 'a' })).status).toBe('approved')
  })

  test('in a row of its own is withdrawn when its action is given up', async () => {
    await using place = await openPlace({ policy: asking })
    await place.gateway.events.append([started])
    const approvalId = await ask(place.gateway)
    const data = { toolCallId: 'call-a', outcome: 'cancelled', reason: 'left' } as const
    await place.gateway.events.append([event('tool.call.completed', data, { actionId: 'a' })])
    expect((await place.gateway.approvals.get(approvalId))?.status).toBe('cancelled')
    expect(place.server.rows.get('act_a')?.['status']).toBe('cancelled')
  })

  test('holds for its arguments only, whichever process asks', async () => {
    await using place = await openPlace({ policy: asking })
    const first = await ask(place.gateway)
    await place.gateway.approvals.decide(first, { decision: 'approve' })
    expect(await ask(place.gateway)).toBe(first)
    const other = { input: { to: 'eve' }, inputHash: 'hash-of-eve' }
    const second = place.open()
    for (const gateway of [place.gateway, second]) {
      const asked = await ask(gateway, other)
      expect(asked).not.toBe(first)
      expect((await gateway.approvals.get(asked))?.status).toBe('pending')
    }
    // The same call, by another process.
    expect(await ask(second)).toBe(first)
    expect(await second.approvals.get(first)).toMatchObject({
      status: 'approved',
      name: 'send_email',
      toolCallId: 'call-a',
      inputHash: 'hash-of-ada',
      input: { to: 'ada' },
      runId: 'run-1',
      actionId: 'a',
      reason: 'a policy: require_approval',
      decidedBy: 'key_1',
    })
  })

  test('is used up for every process', async () => {
    await using place = await openPlace({ policy: asking })
    const approvalId = await ask(place.gateway)
    await place.gateway.approvals.decide(approvalId, { decision: 'approve' })
    await place.gateway.approvals.wait(approvalId, { claimedBy: 'a' })
    const other = place.open()
    expect((await other.approvals.wait(approvalId, { claimedBy: 'a' })).status).toBe('approved')
    await expect(place.open().approvals.wait(approvalId, { claimedBy: 'b' })).rejects.toMatchObject({
      gatewayCode: 'already_used',
      status: 409,
    })
  })

  test('that was denied stays denied, with what the person said', async () => {
    await using place = await openPlace({ policy: asking })
    const { gateway } = place
    const approvalId = await ask(gateway)
    await gateway.events.append([started])
    await gateway.approvals.decide(approvalId, { decision: 'deny', reason: 'too late', decidedBy: 'ada' })
    const error = { message: 'send_email was denied', code: 'approval_denied' }
    const data = { toolCallId: 'call-a', outcome: 'denied', error } as const
    await gateway.events.append([event('tool.call.failed', data, { actionId: 'a' })])
    expect(place.server.rows.get('act_a')).toMatchObject({ status: 'failed', error_message: 'ada: too late' })
    expect(await gateway.approvals.get(approvalId)).toMatchObject({
      status: 'denied',
      decisionReason: 'too late',
      decidedBy: 'ada',
    })
    expect(await place.open().approvals.get(approvalId)).toMatchObject({
      status: 'denied',
      decisionReason: 'ada: too late',
    })
    expect(await ask(gateway)).toBe(approvalId)
  })

  test('that nobody answered in time waits for nobody any more', async () => {
    await using place = await openPlace({ policy: asking })
    const { gateway } = place
    const approvalId = await ask(gateway)
    const error = { message: 'nobody answered', code: 'approval_timed_out' }
    const data = { toolCallId: 'call-a', outcome: 'timed_out', error } as const
    await gateway.events.append([started, event('tool.call.failed', data, { actionId: 'a' })])
    expect((await gateway.approvals.get(approvalId))?.status).toBe('cancelled')
    await expect(gateway.approvals.decide(approvalId, { decision: 'approve' })).rejects.toMatchObject({
      gatewayCode: 'already_decided',
    })
  })
})

describe('approvals', () => {
  test('are no permission where their row failed without having been used', async () => {
    await using place = await openPlace({ policy: asking })
    const approvalId = await ask(place.gateway)
    await place.gateway.client.approveAction(approvalId, 'allow')
    await place.gateway.client.updateOutcome(approvalId, { status: 'failed', error_message: 'withdrawn' })
    const other = place.open()
    expect((await other.approvals.wait(approvalId, { claimedBy: 'a' })).status).toBe('denied')
    expect((await place.gateway.approvals.wait(approvalId, { claimedBy: 'a' })).status).toBe('denied')
  })

  test('wake who waits within 100 ms, by the events of the server', async () => {
    await using place = await openPlace({ policy: asking })
    const times: number[] = []
    // A busy machine may be slow once, but not every time; looks are five seconds apart.
    for (const actionId of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const approvalId = await ask(place.gateway, { actionId, toolCallId: actionId })
      const path = `/api/actions/${approvalId}`
      const waiting = place.gateway.approvals.wait(approvalId, { timeoutMs: 10_000 })
      await until(() => place.server.requests.filter((asked) => asked.path === path).length > 1)
      const decidedAt = performance.now()
      await place.gateway.client.approveAction(approvalId, 'allow')
      expect(await waiting).toMatchObject({ status: 'approved', decidedBy: 'key_1' })
      times.push(performance.now() - decidedAt)
    }
    expect(Math.min(...times)).toBeLessThan(100)
    expect(Math.max(...times)).toBeLessThan(4000)
  })

  test('are waited for over one stream for all, and none when nobody waits', async () => {
    await using place = await openPlace({ policy: asking })
    const ids = await Promise.all(
      ['a', 'b', 'c'].map((actionId) => ask(place.gateway, { actionId, toolCallId: actionId })),
    )
    const waiting = ids.map((id) => place.gateway.approvals.wait(id))
    await until(() => place.server.streams() === 1)
    for (const id of ids) await place.gateway.client.approveAction(id, 'allow')
    await Promise.all(waiting)
    await until(() => place.server.streams() === 0)
    expect(place.server.requests.filter(({ path }) => path === '/api/stream')).toHaveLength(1)
  })

  test('are looked at again when the events come back', async () => {
    await using place = await openPlace({ policy: asking })
    const approvalId = await ask(place.gateway)
    const waiting = place.gateway.approvals.wait(approvalId, { timeoutMs: 4000 })
    await until(() => place.server.requests.some(({ path }) => path === '/api/stream'))
    place.server.dropStreams()
    await place.gateway.client.approveAction(approvalId, 'deny', 'no')
    expect(await waiting).toMatchObject({ status: 'denied', decisionReason: 'no' })
  })

  test('sit out a server that is away for a moment', async () => {
    let isDown = false
    await using place = await openPlace({
      policy: asking,
      fault: () => (isDown ? { status: 503 } : undefined),
    })
    const approvalId = await ask(place.gateway)
    await place.gateway.client.approveAction(approvalId, 'allow')
    isDown = true
    const waiting = place.gateway.approvals.wait(approvalId)
    await until(
      () => place.server.requests.filter(({ path }) => path === `/api/actions/${approvalId}`).length > 0,
    )
    isDown = false
    expect((await waiting).status).toBe('approved')
    isDown = true
    await expect(place.gateway.approvals.wait(approvalId, { timeoutMs: 0 })).rejects.toMatchObject({
      status: 503,
    })
  })

  test('of others are shown too', async () => {
    await using place = await openPlace({ policy: asking })
    const { client, approvals } = place.gateway
    const ids: string[] = []
    for (const goal of ['first', 'second', 'third']) {
      const { action_id: id } = await client.createAction({ action_type: 'deploy', declared_goal: goal })
      ids.push(id)
    }
    const [first = '', second = '', third = ''] = ids
    expect((await approvals.list()).map(({ approvalId, name }) => [approvalId, name])).toEqual(
      ids.toReversed().map((id) => [id, 'deploy']),
    )
    const waiting = approvals.wait(second, { timeoutMs: 4000 })
    await until(() => place.server.requests.some(({ path }) => path === `/api/actions/${second}`))
    await client.approveAction(first, 'allow')
    await client.approveAction(second, 'deny', 'not now')
    expect(await waiting).toMatchObject({ status: 'denied', decisionReason: 'not now' })
    expect((await approvals.list({ status: 'pending' })).map(({ approvalId }) => approvalId)).toEqual([third])
    expect((await approvals.list({ status: 'approved' })).map(({ approvalId }) => approvalId)).toEqual([
      first,
    ])
  })

  test('are no rows that nobody was asked by', async () => {
    await using place = await openPlace()
    await place.gateway.events.append([started])
    expect(await place.gateway.approvals.get('act_a')).toBeUndefined()
    expect(await place.gateway.approvals.list()).toEqual([])
    await expect(place.gateway.approvals.wait('act_a')).rejects.toMatchObject({ status: 404 })
  })

  test('that may not be answered with this key stay open', async () => {
    await using place = await openPlace({
      policy: asking,
      fault: ({ path }) => (path.endsWith('/approve') ? { status: 403 } : undefined),
    })
    const approvalId = await ask(place.gateway)
    const decision = { decision: 'approve', decidedBy: 'eve' } as const
    await expect(place.gateway.approvals.decide(approvalId, decision)).rejects.toMatchObject({ status: 403 })
    const approval = await place.gateway.approvals.get(approvalId)
    expect(approval?.status).toBe('pending')
    expect(approval).not.toHaveProperty('decidedBy')
  })

  test('end for who waits when the gateway is closed', async () => {
    await using place = await openPlace({ policy: asking })
    const waiting = place.gateway.approvals.wait(await ask(place.gateway))
    const ended = expect(waiting).rejects.toMatchObject({ code: 'closed' })
    await place.gateway.close()
    await ended
  })
})
