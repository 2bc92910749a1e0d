import { createVerify, generateKeyPairSync } from 'node:crypto'
import { GuardBlockedError, PincerError } from '@pincer/protocol'
import { describe, expect, test } from 'vitest'
import { ActionBlockedError, ActionDeniedError, DashClawError, type DashClawOptions } from '../src/index.ts'
import { actionRow, makeClaw, rejection } from './make-claw.ts'
import { type Answer, type Recorded, startServer } from './recording-server.ts'
import { startStreamServer } from './stream-server.ts'

const input = { action_type: 'deploy', declared_goal: 'Ship v2.0' }

function created(request: Recorded): Answer {
  const row = actionRow(request.body)
  return { status: 201, body: { action: row, action_id: row['action_id'], decision: { decision: 'allow' } } }
}

describe('recording an action', () => {
  test('makes an id, and says who acts', async () => {
    await using server = await startServer(created)
    const claw = makeClaw(server.url, { agentName: 'Tester', swarmId: 'swarm-1' })
    const result = await claw.createAction({ ...input, systems_touched: ['prod-api'] })
    expect(server.requests[0]?.body).toEqual({
      ...input,
      systems_touched: ['prod-api'],
      action_id: expect.stringMatching(/^act_[0-9a-f-]{36}$/),
      agent_id: 'test-agent',
      agent_name: 'Tester',
      swarm_id: 'swarm-1',
    })
    expect(result.action_id).toBe(server.requests[0]?.body?.['action_id'])
    expect(result.decision).toEqual({
      decision: 'allow',
      reason: null,
      reasons: [],
      warnings: [],
      signals: [],
      matched_policies: [],
      risk_score: null,
    })
  })

  test('a lost answer is made up for by the row, and the action is there once', async () => {
    const rows = new Map<unknown, Record<string, unknown>>()
    await using server = await startServer((request, response) => {
      if (request.method === 'GET')
        return { body: { action: [...rows.values()][0], open_loops: [], assumptions: [] } }
      const id = request.body?.['action_id']
      if (rows.has(id)) return { status: 409, body: { error: 'Action with this action_id already exists' } }
      rows.set(id, actionRow({ ...request.body, status: 'pending_approval' }))
      response.destroy()
      return undefined
    })
    const result = await makeClaw(server.url).createAction(input)
    expect(rows.size).toBe(1)
    expect(result.action_id).toBe([...rows.keys()][0])
    expect(result).toMatchObject({
      action: { status: 'pending_approval' },
      decision: { decision: 'require_approval' },
    })
  })

  test('a lost refusal stays a refusal', async () => {
    let row: Record<string, unknown> | undefined
    await using server = await startServer((request, response) => {
      if (request.method === 'GET') return { body: { action: row } }
      if (row !== undefined) return { status: 409, body: { error: 'exists' } }
      row = actionRow({ ...request.body, status: 'blocked', error_message: 'no deploys on Friday' })
      response.destroy()
      return undefined
    })
    const error = await rejection(makeClaw(server.url).createAction(input))
    expect(error).toBeInstanceOf(GuardBlockedError)
    expect(error).toMatchObject({ reason: 'no deploys on Friday', row: { status: 'blocked' } })
  })

  test('an id that was there before is told', async () => {
    await using server = await startServer(({ method }) =>
      method === 'GET'
        ? { body: { action: actionRow({ action_id: 'act_mine' }) } }
        : { status: 409, body: { error: 'exists' } },
    )
    const error = await rejection(makeClaw(server.url).createAction({ ...input, action_id: 'act_mine' }))
    expect(error).toMatchObject({ status: 409, attempts: 1 })
  })

  test('a policy that blocks throws, with the decision and the row', async () => {
    await using server = await startServer((request) => ({
      status: 403,
      body: {
        error: 'Action blocked by policy',
        action: actionRow({ ...request.body, status: 'blocked' }),
        decision: {
          decision: 'block',
          reason: 'freeze: no deploys',
          reasons: ['freeze: no deploys'],
          matched_policies: ['gp_1'],
          risk_score: 90,
        },
      },
    }))
    const error = await rejection(makeClaw(server.url).createAction(input))
    expect(error).toBeInstanceOf(ActionBlockedError)
    expect(error).toMatchObject({
      name: 'GuardBlockedError',
      code: 'guard_blocked',
      action: 'deploy',
      reason: 'freeze: no deploys',
      policyId: 'gp_1',
      status: 403,
      decision: { decision: 'block', risk_score: 90, warnings: [] },
      row: { status: 'blocked' },
    })
  })

  test('another 403 is no decision', async () => {
    await using server = await startServer(() => ({
      status: 403,
      body: { error: 'Forbidden - readonly API key' },
    }))
    const error = await rejection(makeClaw(server.url).createAction(input))
    expect(error).not.toBeInstanceOf(GuardBlockedError)
    expect(error).toMatchObject({ status: 403, message: 'createAction: Forbidden - readonly API key' })
  })

  test('an answer without an action is no success', async () => {
    await using server = await startServer()
    expect(await rejection(makeClaw(server.url).createAction(input))).toBeInstanceOf(DashClawError)
  })
})

describe('signing', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwk = privateKey.export({ format: 'jwk' })
  const forms = [
    ['JWK', jwk],
    ['JWK for other uses', { ...jwk, alg: 'RS512', use: 'enc', key_ops: ['decrypt'], ext: false }],
    ['PEM', privateKey.export({ format: 'pem', type: 'pkcs8' }) as string],
  ] satisfies readonly (readonly [string, NonNullable<DashClawOptions['privateKey']>])[]

  // What a server does: take the signature out, write the rest in order, verify.
  function verify(text: string): boolean {
    const { _signature, ...payload } = JSON.parse(text) as Record<string, unknown>
    const sorted = JSON.stringify(payload, (_, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : value,
    )
    return createVerify('sha256').update(sorted).verify(publicKey, String(_signature), 'base64')
  }

  test.each(forms)('a signature made by a %s holds', async (_, form) => {
    await using server = await startServer(created)
    const claw = makeClaw(server.url, { privateKey: form })
    await claw.createAction({
      ...input,
      declared_goal: 'Größe prüfen — 東京 😀',
      risk_score: 7,
      systems_touched: ['b', 'a'],
      reasoning: 'x'.repeat(5000),
    })
    const text = server.requests[0]?.text ?? ''
    expect(verify(text)).toBe(true)
    expect(verify(text.replace('prüfen', 'ändern'))).toBe(false)
  })

  test('nothing but actions is signed, and nothing without a key', async () => {
    await using server = await startServer((request) =>
      request.path === '/api/actions' ? created(request) : { body: {} },
    )
    await makeClaw(server.url).createAction(input)
    await makeClaw(server.url, { privateKey: jwk }).heartbeat()
    expect(server.requests.map(({ body }) => body?.['_signature'])).toEqual([undefined, undefined])
  })

  test('a key that is none is told without the key', async () => {
    await using server = await startServer(created)
    const claw = makeClaw(server.url, { privateKey: { kty: 'RSA', d: 'secretsecret' } })
    const error = await rejection(claw.createAction(input))
    expect(error).toBeInstanceOf(PincerError)
    expect(String(error)).toContain('privateKey: cannot be read as an RSA private key')
    expect(String(error)).not.toContain('secretsecret')
    expect(server.requests).toEqual([])
  })
})

describe('guardMode', () => {
  const refusing =
    (decision: string) =>
    (request: Recorded): Answer =>
      request.path === '/api/guard'
        ? { body: { decision, reasons: ['risky'], reason: 'risky' } }
        : created(request)

  test.each(['block', 'require_approval'])(
    'enforce stops what the guard answers with %s',
    async (decision) => {
      await using server = await startServer(refusing(decision))
      const decisions: unknown[] = []
      const claw = makeClaw(server.url, {
        guardMode: 'enforce',
        guardCallback: (told) => decisions.push(told),
      })
      const error = await rejection(claw.createAction({ ...input, risk_score: 80 }))
      expect(error).toMatchObject({ code: 'guard_blocked', decision: { decision } })
      expect(decisions).toHaveLength(1)
      expect(server.requests.map(({ path }) => path)).toEqual(['/api/guard'])
      expect(server.requests[0]?.body).toEqual({ ...input, risk_score: 80, agent_id: 'test-agent' })
    },
  )

  test('warn says it and goes on', async () => {
    await using server = await startServer(refusing('block'))
    const warnings: string[] = []
    const claw = makeClaw(server.url, { guardMode: 'warn', onWarning: (warning) => warnings.push(warning) })
    await claw.createAction(input)
    expect(warnings).toEqual(['guard block on deploy: risky'])
  })

  test('a guard that is away is told; the server decides once more', async () => {
    await using server = await startServer((request) =>
      request.path === '/api/guard' ? { status: 500, body: { error: 'broken' } } : created(request),
    )
    const warnings: string[] = []
    const claw = makeClaw(server.url, {
      guardMode: 'enforce',
      onWarning: (warning) => warnings.push(warning),
    })
    await claw.createAction(input)
    expect(warnings).toEqual(['the guard could not be asked about deploy: guard: broken'])
  })

  test('a goal that the guard cannot be shown whole stops it', async () => {
    await using server = await startServer(created)
    const claw = makeClaw(server.url, { guardMode: 'enforce' })
    const error = await rejection(claw.createAction({ ...input, declared_goal: 'x'.repeat(2001) }))
    expect(String(error)).toContain('guard: declared_goal: expected at most 2000 characters')
    expect(server.requests).toEqual([])
  })

  test('a callback that throws changes nothing', async () => {
    await using server = await startServer(refusing('allow'))
    const warnings: string[] = []
    const claw = makeClaw(server.url, {
      guardMode: 'enforce',
      guardCallback: () => {
        throw new Error('oops')
      },
      onWarning: (warning) => warnings.push(warning),
    })
    await claw.createAction(input)
    expect(warnings).toEqual(['guardCallback threw: oops'])
  })
})

describe('guard', () => {
  test('a refusal of a 2.0.x server, with its 403, is an answer', async () => {
    await using server = await startServer(() => ({
      status: 403,
      body: { decision: 'block', reasons: ['no'], warnings: ['late'], matched_policies: ['gp_1'] },
    }))
    expect(await makeClaw(server.url).guard(input)).toMatchObject({
      decision: 'block',
      reason: 'no',
      signals: ['late', 'no'],
    })
  })

  test('signals are asked for in the query, under either name', async () => {
    await using server = await startServer(() => ({ body: { decision: 'allow' } }))
    const claw = makeClaw(server.url)
    await claw.guard(input, { include_signals: true })
    await claw.guard({ ...input, agent_id: 'other' }, { includeSignals: true, timeoutMs: 1000 })
    expect(server.requests.map(({ query, body }) => [query, body])).toEqual([
      [{ include_signals: 'true' }, { ...input, agent_id: 'test-agent' }],
      [{ include_signals: 'true' }, { ...input, agent_id: 'other' }],
    ])
  })

  test.each([{}, { decision: 'maybe' }, [], 'allow'])('%j is no permission', async (body) => {
    await using server = await startServer(() => ({ body: JSON.stringify(body) }))
    expect(await rejection(makeClaw(server.url).guard(input))).toBeInstanceOf(DashClawError)
  })
})

describe('autoRecommend', () => {
  const recommendation = {
    id: 'lrec_1',
    confidence: 85,
    hints: { preferred_risk_cap: 40, prefer_reversible: true, confidence_floor: 60 },
  }
  const recommending =
    (verdict: string, confidence = 85) =>
    (request: Recorded): Answer => {
      if (request.path === '/api/guard') return { body: { decision: verdict } }
      if (request.path === '/api/actions') return created(request)
      if (request.path.endsWith('/events')) return { status: 201, body: { created: [], created_count: 1 } }
      return { body: { recommendations: [{ ...recommendation, confidence }] } }
    }
  const details = (requests: readonly Recorded[]): unknown => [
    requests.find(({ path }) => path.endsWith('/events'))?.body,
    requests.find(({ path }) => path === '/api/actions')?.body,
  ]

  test('enforce applies what earlier outcomes suggest, and says so', async () => {
    await using server = await startServer(recommending('allow'))
    const told: unknown[] = []
    const claw = makeClaw(server.url, {
      autoRecommend: 'enforce',
      recommendationCallback: (one) => told.push(one),
    })
    await claw.createAction({ ...input, risk_score: 85 })
    expect(server.requests[0]?.query).toEqual({
      action_type: 'deploy',
      agent_id: 'test-agent',
      limit: '1',
      track_events: 'true',
    })
    expect(details(server.requests)).toEqual([
      {
        recommendation_id: 'lrec_1',
        event_type: 'applied',
        agent_id: 'test-agent',
        details: {
          action_type: 'deploy',
          adapted_fields: ['risk_score', 'reversible', 'confidence'],
          confidence: 85,
        },
      },
      expect.objectContaining({
        risk_score: 40,
        reversible: true,
        confidence: 60,
        recommendation_id: 'lrec_1',
        recommendation_applied: true,
        recommendation_override_reason: null,
      }),
    ])
    expect(told).toHaveLength(1)
  })

  test.each([
    ['warn', 'allow', 85, 'warn_mode_no_autoadapt'],
    ['enforce', 'block', 85, 'guard_restrictive:block'],
    ['enforce', 'allow', 55, 'confidence_below_threshold:55<70'],
  ] as const)(
    '%s with a guard that says %s at confidence %i: %s',
    async (mode, verdict, confidence, reason) => {
      await using server = await startServer(recommending(verdict, confidence))
      await makeClaw(server.url, { autoRecommend: mode }).createAction({ ...input, risk_score: 85 })
      expect(details(server.requests)).toEqual([
        expect.objectContaining({ event_type: 'overridden', details: { action_type: 'deploy', reason } }),
        expect.objectContaining({
          risk_score: 85,
          recommendation_id: 'lrec_1',
          recommendation_applied: false,
          recommendation_override_reason: reason,
        }),
      ])
    },
  )

  test('what cannot be fetched or told never stops the action', async () => {
    await using server = await startServer((request) =>
      request.path === '/api/actions' ? created(request) : { status: 500, body: { error: 'broken' } },
    )
    const warnings: string[] = []
    const claw = makeClaw(server.url, {
      autoRecommend: 'enforce',
      onWarning: (warning) => warnings.push(warning),
    })
    await claw.createAction(input)
    expect(warnings).toEqual(['no recommendation for deploy: recommendAction: broken'])
  })

  test('recommendAction records nothing and changes nothing that is better already', async () => {
    await using server = await startServer(recommending('allow'))
    const adapted = await makeClaw(server.url).recommendAction({
      ...input,
      risk_score: 10,
      reversible: false,
      confidence: 90,
    })
    expect(adapted).toMatchObject({
      action: { risk_score: 10, reversible: false, confidence: 90 },
      adapted_fields: [],
    })
    expect(server.requests).toHaveLength(1)
  })
})

describe('hitlMode', () => {
  const waiting = (approve: (row: Record<string, unknown>) => Record<string, unknown>) => {
    let row: Record<string, unknown> = {}
    return (request: Recorded): Answer => {
      if (request.method === 'GET') {
        const now = row
        row = approve(row)
        return { body: { action: now, open_loops: [], assumptions: [] } }
      }
      row = actionRow({ ...request.body, status: 'pending_approval' })
      return {
        status: 202,
        body: { action: row, action_id: row['action_id'], decision: { decision: 'require_approval' } },
      }
    }
  }

  test('wait returns once a person has allowed it', async () => {
    await using server = await startStreamServer(
      waiting((row) => ({
        ...row,
        status: 'running',
        approved_by: 'ada',
        approved_at: '2026-01-01T00:00:00Z',
      })),
    )
    const claw = makeClaw(server.url, { hitlMode: 'wait' })
    const result = await claw.waitForApproval((await makeClaw(server.url).createAction(input)).action_id, {
      intervalMs: 10,
    })
    expect(result.action.approved_by).toBe('ada')
    expect(await claw.createAction(input)).toMatchObject({
      action: { status: 'running', approved_by: 'ada' },
      decision: { decision: 'require_approval' },
    })
  })

  test('wait throws what a person denied', async () => {
    await using server = await startStreamServer((request) => {
      if (request.method === 'GET') {
        return { body: { action: actionRow({ status: 'failed', error_message: 'not today' }) } }
      }
      return { status: 202, body: { action: actionRow({ status: 'pending_approval' }), action_id: 'act_1' } }
    })
    const error = await rejection(makeClaw(server.url, { hitlMode: 'wait' }).createAction(input))
    expect(error).toBeInstanceOf(ActionDeniedError)
    expect(error).toMatchObject({
      name: 'ApprovalDeniedError',
      reason: 'not today',
      approvalId: 'act_1',
      decision: 'failed',
    })
  })

  test('off returns what waits', async () => {
    await using server = await startStreamServer(waiting((row) => row))
    expect(await makeClaw(server.url).createAction(input)).toMatchObject({
      action: { status: 'pending_approval' },
    })
  })

  test('wait with guardMode enforce leaves the question to the person', async () => {
    const answer = waiting((row) => ({ ...row, status: 'running', approved_by: 'ada' }))
    await using server = await startStreamServer((request) =>
      request.path === '/api/guard' ? { body: { decision: 'require_approval' } } : answer(request),
    )
    const claw = makeClaw(server.url, { hitlMode: 'wait', guardMode: 'enforce' })
    expect(await claw.createAction(input)).toMatchObject({ action: { approved_by: 'ada' } })
  })
})
