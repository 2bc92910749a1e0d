import { describe, expect, it } from 'vitest'
import { OpenClaw } from '../src/index.ts'
import { type Answer, ClientTransport, Refusal } from './client-transport.ts'

const presentation = {
  kind: 'plugin',
  title: 't',
  description: 'd',
  severity: 'warning',
  allowedDecisions: ['allow-once', 'deny'],
}
const pending = {
  id: 'plugin:1',
  status: 'pending',
  presentation,
  urlPath: '/approve/plugin%3A1',
  createdAtMs: 1_795_187_641_688,
  expiresAtMs: 1_795_187_661_688,
}
const allowed = {
  ...pending,
  status: 'allowed',
  resolvedAtMs: 1_795_187_641_756,
  reason: 'user',
  decision: 'allow-once',
  resolver: { kind: 'runtime', id: 'gateway-client' },
}
const unseen = {
  ...pending,
  status: 'denied',
  reason: 'no-route',
  decision: 'deny',
  resolver: { kind: 'system', id: 'no-approval-route' },
}
const exec = { ...pending, id: 'exec-1', presentation: { ...presentation, kind: 'exec', commandText: 'ls' } }

function connect(answers: Readonly<Record<string, Answer>>) {
  const transport = new ClientTransport(['approvals-exec'], answers)
  return { transport, oc: new OpenClaw({ transport }) }
}

describe('oc.approvals.list', () => {
  it('merges both kinds, the oldest first', async () => {
    const row = { request: {}, expiresAtMs: 9 }
    const { transport, oc } = connect({
      'exec.approval.list': () => [{ ...row, id: 'e', createdAtMs: 2 }],
      'plugin.approval.list': () => [{ ...row, id: 'p', createdAtMs: 1, approvalKind: 'plugin' }],
    })
    expect((await oc.approvals.list()).map(({ id, kind }) => [id, kind])).toEqual([
      ['p', 'plugin'],
      ['e', 'exec'],
    ])
    expect(transport.calls).toEqual([
      ['exec.approval.list', {}],
      ['plugin.approval.list', {}],
    ])
  })
})

describe('oc.approvals.respond', () => {
  it.each([
    ['approve', 'allow-once'],
    ['allow', 'allow-once'],
    ['allow-once', 'allow-once'],
    ['allow-always', 'allow-always'],
    ['deny', 'deny'],
    ['reject', 'deny'],
  ] as const)('%s goes over the wire as %s, with the kind of the approval', async (word, decision) => {
    for (const approval of [pending, exec]) {
      const offered = { ...approval.presentation, allowedDecisions: ['allow-once', 'allow-always', 'deny'] }
      const { transport, oc } = connect({
        'approval.get': () => ({ approval: { ...approval, presentation: offered } }),
        'approval.resolve': () => ({ applied: true, approval: { ...allowed, decision } }),
      })
      const outcome = await oc.approvals.respond(approval.id, { decision: word })
      expect(outcome).toMatchObject({ decision, decidedBy: 'gateway-client' })
      expect(transport.calls).toEqual([
        ['approval.get', { id: approval.id }],
        ['approval.resolve', { id: approval.id, kind: approval.presentation.kind, decision }],
      ])
    }
  })

  it('another word is refused before anything is sent', async () => {
    const { transport, oc } = connect({})
    const answer = { decision: 'yes' as 'approve' }
    await expect(oc.approvals.respond('plugin:1', answer)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('approve, allow, allow-once, allow-always, deny, reject'),
    })
    await expect(oc.approvals.respond('', { decision: 'deny' })).rejects.toMatchObject({ status: 400 })
    expect(transport.sent).toEqual([])
  })

  it('a word that this approval does not offer is refused with those it does', async () => {
    const { transport, oc } = connect({ 'approval.get': () => ({ approval: pending }) })
    await expect(oc.approvals.respond('plugin:1', { decision: 'allow-always' })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('one of allow-once, deny'),
    })
    expect(transport.sent).toHaveLength(1)
  })

  it('the second answer is 409 already_decided, also in a race', async () => {
    const late = connect({ 'approval.get': () => ({ approval: allowed }) })
    const raced = connect({
      'approval.get': () => ({ approval: pending }),
      'approval.resolve': () => ({ applied: false, approval: allowed }),
    })
    for (const { oc } of [late, raced]) {
      await expect(oc.approvals.respond('plugin:1', { decision: 'deny' })).rejects.toMatchObject({
        name: 'GatewayError',
        status: 409,
        gatewayCode: 'already_decided',
      })
    }
  })

  it('an id that nobody knows is 404', async () => {
    const { oc } = connect({
      'approval.get': () => {
        throw new Refusal('approval not found', { reason: 'APPROVAL_NOT_FOUND' })
      },
    })
    await expect(oc.approvals.respond('ghost', { decision: 'deny' })).rejects.toMatchObject({
      status: 404,
      gatewayCode: 'APPROVAL_NOT_FOUND',
      message: expect.stringContaining('approvals.respond: there is no approval "ghost"'),
    })
  })
})

describe('oc.approvals.request', () => {
  it('asks in two phases and waits for the answer', async () => {
    const decided = Promise.withResolvers<unknown>()
    const { transport, oc } = connect({
      'plugin.approval.request': () => ({ ...pending, status: 'accepted', deliveryRoute: 'approval-client' }),
      'approval.get': (_params, count) => ({ approval: count === 0 ? pending : allowed }),
      'plugin.approval.waitDecision': () => decided.promise,
    })
    const asked = await oc.approvals.request({
      title: 'Deploy',
      description: 'Deploy build 7?',
      sessionKey: 'main',
      timeoutMs: 20_000,
    })
    expect(asked).toMatchObject({ id: 'plugin:1', kind: 'plugin', expiresAt: pending.expiresAtMs })
    const waiting = asked.wait()
    decided.resolve({ id: 'plugin:1', decision: 'allow-once', terminalReason: 'user' })
    expect(await waiting).toMatchObject({
      status: 'allowed',
      allowed: true,
      decision: 'allow-once',
      reason: 'user',
    })
    expect(transport.calls).toEqual([
      [
        'plugin.approval.request',
        {
          title: 'Deploy',
          description: 'Deploy build 7?',
          sessionKey: 'agent:main:main',
          timeoutMs: 20_000,
          twoPhase: true,
        },
      ],
      ['approval.get', { id: 'plugin:1' }],
      ['plugin.approval.waitDecision', { id: 'plugin:1' }],
      ['approval.get', { id: 'plugin:1' }],
    ])
    expect(transport.sent[2]?.options?.timeoutMs).toBeNull()
  })

  it('asks about a command as exec', async () => {
    const { transport, oc } = connect({})
    const asked = await oc.approvals.request({ kind: 'exec', command: 'deploy prod', ask: 'always' })
    expect(asked.kind).toBe('exec')
    expect(transport.calls).toEqual([
      ['exec.approval.request', { command: 'deploy prod', ask: 'always', twoPhase: true }],
    ])
  })

  it('nobody to see it is a denial that says so', async () => {
    const { oc } = connect({
      'plugin.approval.request': () => ({ ...pending, status: undefined, decision: null }),
      'approval.get': () => ({ approval: unseen }),
    })
    const outcome = await (await oc.approvals.request({ title: 't', description: 'd' })).wait()
    expect(outcome).toMatchObject({ status: 'denied', allowed: false, decision: null, reason: 'no-route' })
    expect(outcome.message).toContain('nobody could see it')
    expect(outcome.decidedBy).toBeUndefined()
  })

  it('bad questions are refused before anything is sent', async () => {
    const { transport, oc } = connect({})
    for (const params of [
      { description: 'd' },
      { title: '', description: 'd' },
      { title: 't' },
      { kind: 'other' },
      null,
    ]) {
      await expect(oc.approvals.request(params as never)).rejects.toMatchObject({ status: 400 })
    }
    expect(transport.sent).toEqual([])
  })
})

describe('oc.approvals.wait', () => {
  it('time over at the Gateway is a denial that says so', async () => {
    const { oc } = connect({
      'approval.get': () => ({ approval: { ...pending, status: 'expired', reason: 'timeout' } }),
    })
    expect(await oc.approvals.wait('plugin:1')).toMatchObject({
      status: 'expired',
      allowed: false,
      decision: null,
      message: 'nobody answered in time',
    })
  })

  it('the deadline of the wait leaves it pending', async () => {
    const { transport, oc } = connect({
      'approval.get': () => ({ approval: pending }),
      'plugin.approval.waitDecision': async (_params, _count, options) => {
        expect(options?.timeoutMs).toBeLessThanOrEqual(5)
        await new Promise((resolve) => setTimeout(resolve, options?.timeoutMs ?? 0))
        throw Object.assign(new Error('gateway request timeout'), { code: 'CLIENT_TIMEOUT', timeoutMs: 5 })
      },
    })
    expect(await oc.approvals.wait('plugin:1', { timeoutMs: 5 })).toMatchObject({
      status: 'pending',
      allowed: false,
    })
    expect(transport.sent.length).toBeGreaterThanOrEqual(3)
  })

  it('a connection that was lost is waited through', async () => {
    const { oc } = connect({
      'approval.get': (_params, count) => ({ approval: count < 2 ? pending : allowed }),
      'plugin.approval.waitDecision': (_params, count) => {
        if (count === 0) throw new Error('gateway closed (1006): ')
        return { id: 'plugin:1', decision: 'allow-once' }
      },
    })
    expect((await oc.approvals.wait('plugin:1')).allowed).toBe(true)
  })

  it('an aborted signal rejects with its reason', async () => {
    const { oc } = connect({
      'approval.get': () => ({ approval: pending }),
      'plugin.approval.waitDecision': () => new Promise(() => undefined),
    })
    const stop = new AbortController()
    const waiting = oc.approvals.wait('plugin:1', { signal: stop.signal })
    setTimeout(() => stop.abort(new Error('enough')), 5)
    await expect(waiting).rejects.toThrow('enough')
  })

  it('get and history', async () => {
    const { transport, oc } = connect({ 'approval.get': () => ({ approval: allowed }) })
    expect((await oc.approvals.get('plugin:1')).status).toBe('allowed')
    expect((await oc.approvals.history({ limit: 3 })).items.map((item) => item.status)).toEqual([
      'expired',
      'denied',
      'allowed',
    ])
    expect(transport.last('approval.history')).toEqual({ limit: 3 })
  })
})
