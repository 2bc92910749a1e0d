import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { GuardRequest } from '@pincer/protocol'
import { eventually } from '@pincer/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LocalGatewayOptions } from '../src/options.ts'
import { createService, type LocalService } from '../src/service.ts'
import { type Caller, type Reply, startCaller } from './gateway-caller.ts'

const asking: LocalGatewayOptions = {
  policies: [{ id: 'ask', match: { tool: 'files.*' }, action: 'require_approval', reason: 'files are dear' }],
}
const question: GuardRequest = {
  kind: 'tool_call',
  name: 'files.delete',
  runId: 'run',
  toolCallId: 'call',
  agentId: 'agent',
  input: { path: 'a' },
}

let folder: string
let open: { close(): Promise<void> }[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pincer-approvals-'))
})

afterEach(async () => {
  await Promise.all(open.map((each) => each.close()))
  open = []
  await rm(folder, { recursive: true })
})

async function start(options: LocalGatewayOptions = {}): Promise<Caller> {
  const caller = await startCaller({ ...asking, ...options })
  open.push(caller)
  return caller
}

async function startService(options: LocalGatewayOptions = {}): Promise<LocalService> {
  const service = await createService({ ...asking, databasePath: ':memory:', ...options })
  open.push(service)
  return service
}

async function ask(caller: Caller, request: Partial<GuardRequest> = {}): Promise<Reply> {
  return (await caller.post('/v1/guard', { ...question, ...request })).body
}

describe('an approval', () => {
  it('is asked for once while it is pending, and tells the person everything', async () => {
    const caller = await start()
    const first = await ask(caller)
    expect(first).toEqual({
      decision: 'require_approval',
      policyId: 'ask',
      reason: 'files are dear',
      approvalId: expect.any(String),
      expiresAt: expect.any(Number),
    })
    expect(await ask(caller)).toEqual(first)
    const { items } = (await caller.get('/v1/approvals?status=pending')).body
    expect(items).toEqual([
      {
        approvalId: first.approvalId,
        status: 'pending',
        name: 'files.delete',
        reason: 'files are dear',
        runId: 'run',
        toolCallId: 'call',
        agentId: 'agent',
        input: { path: 'a' },
        inputHash: expect.stringMatching(/^input:[0-9a-f]{64}$/),
        requestedAt: expect.any(Number),
        expiresAt: first.expiresAt,
      },
    ])
  })

  it('holds for exactly one call: approved once, used once', async () => {
    const caller = await start()
    const { approvalId } = await ask(caller)
    const decided = await caller.post(`/v1/approvals/${approvalId}/decide`, {
      decision: 'approve',
      decidedBy: 'ada',
      reason: 'fine',
    })
    expect(decided).toMatchObject({
      status: 200,
      body: { status: 'approved', decidedBy: 'ada', decisionReason: 'fine' },
    })
    expect(await ask(caller)).toEqual({ decision: 'allow', policyId: 'ask', approvalId })
    const next = await ask(caller)
    expect(next.decision).toBe('require_approval')
    expect(next.approvalId).not.toBe(approvalId)
  })

  it.each([
    ['other arguments', { input: { path: 'b' } }],
    ['another call', { toolCallId: 'other' }],
    ['another run', { runId: 'other' }],
    ['another agent', { agentId: 'other' }],
    ['another tool', { name: 'files.read' }],
    ['another hash', { inputHash: 'abc' }],
  ])('does not hold for %s', async (_, change) => {
    const caller = await start()
    const { approvalId } = await ask(caller)
    await caller.post(`/v1/approvals/${approvalId}/decide`, { decision: 'approve' })
    const other = await ask(caller, change)
    expect(other.decision).toBe('require_approval')
    expect(other.approvalId).not.toBe(approvalId)
    expect((await ask(caller)).decision).toBe('allow')
  })

  it('knows equal arguments, whatever the order of their fields', async () => {
    const caller = await start()
    const { approvalId } = await ask(caller, { input: { a: 1, b: { c: [1, 2], d: null } } })
    expect((await ask(caller, { input: { b: { d: null, c: [1, 2] }, a: 1 } })).approvalId).toBe(approvalId)
    expect((await ask(caller, { input: { a: 1, b: { c: [2, 1], d: null } } })).approvalId).not.toBe(
      approvalId,
    )
  })

  it('never holds for two calls that cannot be told apart', async () => {
    const caller = await start()
    const nameless = { kind: 'tool_call', name: 'files.delete', input: { path: 'a' } }
    const [one, two] = [await caller.post('/v1/guard', nameless), await caller.post('/v1/guard', nameless)]
    expect(one.body.approvalId).not.toBe(two.body.approvalId)
  })

  it('stays denied for the same call', async () => {
    const caller = await start()
    const { approvalId } = await ask(caller)
    await caller.post(`/v1/approvals/${approvalId}/decide`, { decision: 'deny', reason: 'never' })
    for (let count = 0; count < 2; count++) {
      expect(await ask(caller)).toEqual({ decision: 'block', policyId: 'ask', approvalId, reason: 'never' })
    }
    expect((await ask(caller, { toolCallId: 'other' })).decision).toBe('require_approval')
  })

  it('is blocked all the same where a policy that forbids it came meanwhile', async () => {
    const caller = await start()
    const { approvalId } = await ask(caller)
    await caller.post(`/v1/approvals/${approvalId}/decide`, { decision: 'approve' })
    await caller.call('PUT', '/v1/policies/stop', { match: { tool: '*' }, action: 'block' })
    expect((await ask(caller)).decision).toBe('block')
  })

  it('takes the first answer only, whoever answers at once', async () => {
    const caller = await start()
    const { approvalId } = await ask(caller)
    const path = `/v1/approvals/${approvalId}/decide`
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        caller.post(path, { decision: index % 2 === 0 ? 'approve' : 'deny', decidedBy: `person ${index}` }),
      ),
    )
    const won = answers.filter(({ status }) => status === 200)
    expect(won).toHaveLength(1)
    expect(
      answers.filter(({ status, body }) => status === 409 && body.error.code === 'already_decided'),
    ).toHaveLength(9)
    expect((await caller.get(`/v1/approvals/${approvalId}`)).body).toEqual(won[0]?.body)
  })

  it('takes edited arguments with an approval only', async () => {
    const caller = await start()
    const { approvalId } = await ask(caller)
    const path = `/v1/approvals/${approvalId}/decide`
    const refused = await caller.post(path, { decision: 'deny', input: { path: 'b' } })
    expect(refused).toMatchObject({ status: 400, body: { error: { code: 'invalid_decision' } } })
    expect((await caller.post(path, { decision: 'maybe' })).body.error).toMatchObject({
      path: 'body.decision',
    })
    const { body } = await caller.post(path, { decision: 'approve', input: { path: 'b' } })
    expect(body).toMatchObject({ status: 'approved', input: { path: 'a' }, editedInput: { path: 'b' } })
  })

  it('that was edited is never answered by a plain yes', async () => {
    const caller = await start()
    const { approvalId } = await ask(caller)
    await caller.post(`/v1/approvals/${approvalId}/decide`, { decision: 'approve', input: { path: 'b' } })
    // Whoever asks again is sent to the approval, where the arguments stand that it must use.
    expect(await ask(caller)).toMatchObject({ decision: 'require_approval', approvalId })
    const { body } = await caller.get(`/v1/approvals/${approvalId}/wait`)
    expect(body).toMatchObject({ status: 'approved', editedInput: { path: 'b' } })
    expect((await ask(caller)).approvalId).not.toBe(approvalId)
  })

  it('is not asked for where the guard is only observed', async () => {
    const caller = await start()
    expect(await ask(caller, { observe: true })).toEqual({
      decision: 'require_approval',
      policyId: 'ask',
      reason: 'files are dear',
    })
    expect((await caller.get('/v1/approvals')).body.items).toEqual([])
  })

  it('expires, is told so, and is asked for anew', async () => {
    let time = 1_000_000
    const caller = await start({
      now: () => time,
      policies: [{ id: 'ask', match: {}, action: 'require_approval', approval: { expiresAfterMs: 5000 } }],
    })
    const { approvalId, expiresAt } = await ask(caller)
    expect(expiresAt).toBe(1_005_000)
    time += 5000
    expect((await caller.get(`/v1/approvals/${approvalId}`)).body).toMatchObject({
      status: 'expired',
      decidedAt: 1_005_000,
    })
    expect((await caller.post(`/v1/approvals/${approvalId}/decide`, { decision: 'approve' })).status).toBe(
      409,
    )
    expect((await ask(caller)).approvalId).not.toBe(approvalId)
  })

  it('wakes who waits when it expires by itself', async () => {
    const service = await startService({
      policies: [{ id: 'ask', match: {}, action: 'require_approval', approval: { expiresAfterMs: 50 } }],
    })
    const { approvalId = '' } = await service.guard.decide(question)
    expect((await service.approvals.wait(approvalId)).status).toBe('expired')
    const { items } = await service.runs.events('run')
    expect(items.map(({ id, type, seq }) => ({ id, type, seq }))).toEqual([
      { id: `${approvalId}.requested`, type: 'approval.requested', seq: undefined },
      { id: `${approvalId}.resolved`, type: 'approval.resolved', seq: undefined },
    ])
  })

  it('is unknown under another id', async () => {
    const caller = await start()
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/wait'],
      ['POST', '/decide'],
    ] as const) {
      const answer = await caller.call(
        method,
        `/v1/approvals/apr_none${path}`,
        method === 'POST' ? { decision: 'deny' } : undefined,
      )
      expect(answer).toMatchObject({ status: 404, body: { error: { code: 'approval_not_found' } } })
    }
    expect((await caller.get('/v1/approvals?status=open')).status).toBe(400)
  })
})

describe('waiting', () => {
  it('ends within milliseconds of the decision, for everybody', async () => {
    const caller = await start()
    const { approvalId } = await ask(caller)
    const waits = Array.from({ length: 5 }, () => caller.get(`/v1/approvals/${approvalId}/wait`))
    const { approvals } = caller.service
    await eventually(() => approvals.waiterCount() === 5 || undefined)
    const inProcess = approvals.wait(approvalId).then(() => performance.now())
    const decidedAt = performance.now()
    await approvals.decide(approvalId, { decision: 'approve' })
    expect((await inProcess) - decidedAt).toBeLessThan(50)
    for (const { body } of await Promise.all(waits)) expect(body.status).toBe('approved')
    expect(approvals.waiterCount()).toBe(0)
  })

  it('ends at once where it is decided, and as it stands after the time', async () => {
    const caller = await start()
    const { approvalId } = await ask(caller)
    expect((await caller.get(`/v1/approvals/${approvalId}/wait?timeoutMs=20`)).body.status).toBe('pending')
    expect((await caller.get(`/v1/approvals/${approvalId}/wait?timeoutMs=0`)).body.status).toBe('pending')
    expect((await caller.get(`/v1/approvals/${approvalId}/wait?timeoutMs=-1`)).status).toBe(400)
    expect((await caller.get(`/v1/approvals/${approvalId}/wait?timeoutMs=600000`)).status).toBe(400)
    await caller.post(`/v1/approvals/${approvalId}/decide`, { decision: 'deny' })
    expect((await caller.get(`/v1/approvals/${approvalId}/wait?timeoutMs=60000`)).body.status).toBe('denied')
  })

  it('loses no wake-up, however close decision and wait come', async () => {
    const caller = await start()
    for (let count = 0; count < 50; count++) {
      const { approvalId } = await ask(caller, { toolCallId: `call ${count}` })
      const [waited] = await Promise.all([
        caller.get(`/v1/approvals/${approvalId}/wait?timeoutMs=60000`),
        caller.post(`/v1/approvals/${approvalId}/decide`, { decision: 'approve' }),
      ])
      expect(waited.body.status).toBe('approved')
    }
  })

  it('frees the place of a client that goes away', async () => {
    const caller = await start()
    const { approvalId } = await ask(caller)
    const { approvals } = caller.service
    const client = new AbortController()
    const wait = caller.call('GET', `/v1/approvals/${approvalId}/wait`, undefined, client.signal)
    await eventually(() => approvals.waiterCount() === 1 || undefined)
    client.abort()
    await expect(wait).rejects.toThrow()
    await eventually(() => approvals.waiterCount() === 0 || undefined)
  })

  it('is bounded in number', async () => {
    const service = await startService()
    const { approvalId = '' } = await service.guard.decide(question)
    const client = new AbortController()
    const waits = Array.from({ length: 1000 }, () =>
      service.approvals.wait(approvalId, { signal: client.signal }),
    )
    await expect(service.approvals.wait(approvalId)).rejects.toMatchObject({
      gatewayCode: 'too_many_waiters',
      status: 503,
    })
    client.abort(new Error('gone'))
    const ended = await Promise.allSettled(waits)
    expect(ended.every((wait) => wait.status === 'rejected' && wait.reason.message === 'gone')).toBe(true)
    expect(service.approvals.waiterCount()).toBe(0)
  })

  it('ends with the gateway', async () => {
    const service = await startService()
    const { approvalId = '' } = await service.guard.decide(question)
    const wait = service.approvals.wait(approvalId)
    await Promise.all([expect(wait).rejects.toMatchObject({ code: 'closed' }), service.close()])
  })
})

describe('a database file', () => {
  it('keeps approvals, pending and decided, over a restart', async () => {
    const databasePath = join(folder, 'record.sqlite')
    const first = await start({ databasePath })
    const [one, two] = [await ask(first), await ask(first, { toolCallId: 'two' })]
    await first.post(`/v1/approvals/${one.approvalId}/decide`, { decision: 'approve' })
    await first.close()
    const second = await start({ databasePath })
    expect((await ask(second, { toolCallId: 'two' })).approvalId).toBe(two.approvalId)
    expect(await ask(second)).toMatchObject({ decision: 'allow', approvalId: one.approvalId })
    expect((await ask(second)).decision).toBe('require_approval')
  })

  it('wakes who waits in another process that shares it', async () => {
    const databasePath = join(folder, 'record.sqlite')
    const [agent, person] = [await startService({ databasePath }), await start({ databasePath })]
    const { approvalId = '' } = await agent.guard.decide(question)
    const wait = agent.approvals.wait(approvalId, { timeoutMs: 10_000 })
    await person.post(`/v1/approvals/${approvalId}/decide`, { decision: 'approve' })
    expect((await wait).status).toBe('approved')
  })

  it('lets one of two processes use an approval', async () => {
    const databasePath = join(folder, 'record.sqlite')
    const callers = [await start({ databasePath }), await start({ databasePath })] as const
    const { approvalId } = await ask(callers[0])
    await callers[1].post(`/v1/approvals/${approvalId}/decide`, { decision: 'approve' })
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => ask(callers[index % 2] as Caller)),
    )
    expect(answers.filter(({ decision }) => decision === 'allow')).toHaveLength(1)
  })
})

it('records a question under its run, as the gateway’s own event', async () => {
  const caller = await start()
  const { approvalId } = await ask(caller, { actionId: 'act', sessionKey: 'session' })
  expect((await caller.get('/v1/runs/run')).body.status).toBe('paused')
  await caller.post(`/v1/approvals/${approvalId}/decide`, { decision: 'approve', input: { path: 'b' } })
  const { items } = (await caller.get('/v1/runs/run/events')).body
  expect(items).toMatchObject([
    {
      id: `${approvalId}.requested`,
      actionId: 'act',
      sessionKey: 'session',
      data: { approvalId, name: 'files.delete' },
    },
    {
      id: `${approvalId}.resolved`,
      actionId: 'act',
      data: { approvalId, status: 'approved', input: { path: 'b' } },
    },
  ])
})
