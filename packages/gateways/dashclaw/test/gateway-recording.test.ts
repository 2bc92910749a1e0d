import type { ClawEvent } from '@pincer/protocol'
import { recordedRun } from '@pincer/testing'
import { describe, expect, test } from 'vitest'
import { dashclaw, type DashClawGateway } from '../src/index.ts'
import type { StandIn } from './dashclaw-server.ts'
import { event, openPlace } from './gateway-place.ts'
import { key } from './make-claw.ts'

function toolCall(actionId: string, name = 'look_up'): readonly [ClawEvent, ClawEvent] {
  return [
    event(
      'tool.call.started',
      { toolCallId: `call-${actionId}`, name, input: { of: actionId } },
      { actionId },
    ),
    event('tool.call.completed', { toolCallId: `call-${actionId}`, outcome: 'ok' }, { actionId }),
  ]
}

function writes(server: StandIn): readonly string[] {
  return server.requests.map(({ method, path }) => `${method} ${path}`)
}

async function statuses(gateway: DashClawGateway, events: readonly ClawEvent[]): Promise<readonly string[]> {
  return (await gateway.events.append(events)).map(({ status }) => status)
}

// What the rows must hold however the events arrive.
function expectWholeRun(server: StandIn, line: '2.0' | '2.10'): void {
  const isOld = line === '2.0'
  expect(Object.fromEntries(server.rows)).toEqual({
    'act_run_run-1': expect.objectContaining({
      action_type: isOld ? 'other' : 'run',
      declared_goal: 'Run contract',
      agent_id: 'tester',
      status: 'completed',
      input_summary: 'question',
      output_summary: 'answer',
      duration_ms: 60,
      timestamp_start: '2025-10-09T08:53:20.010Z',
      timestamp_end: '2025-10-09T08:53:20.070Z',
      trigger: 'run:run-1',
    }) as unknown,
    'act_run-1-model': expect.objectContaining({
      action_type: isOld ? 'api' : 'model_call',
      declared_goal: 'Ask the model pincer-demo',
      parent_action_id: 'act_run_run-1',
      status: 'completed',
      output_summary: 'calling',
      duration_ms: 20,
      systems_touched: '["pincer-demo"]',
      model: 'pincer-demo',
      tokens_in: 100,
      tokens_out: 20,
    }) as unknown,
    'act_run-1-tool': expect.objectContaining({
      action_type: isOld ? 'other' : 'lookup',
      declared_goal: 'Use the tool lookup: {"word":"crab"}',
      parent_action_id: 'act_run_run-1',
      status: 'completed',
      input_summary: '{"word":"crab"}',
      output_summary: 'an animal',
    }) as unknown,
  })
}

const run = recordedRun({ runId: 'run-1', agentId: 'tester', sessionKey: 'thread-7' })

describe.each(['2.0', '2.10'] as const)('a server of %s', (line) => {
  test('holds a run as actions below each other, in one request each', async () => {
    await using place = await openPlace({ line })
    expect(new Set(await statuses(place.gateway, run))).toEqual(new Set(['accepted']))
    expectWholeRun(place.server, line)
    expect(writes(place.server).filter((request) => request.includes('PATCH'))).toEqual([])
    expect(place.server.tokens).toEqual(
      line === '2.10'
        ? []
        : [
            {
              agent_id: 'tester',
              tokens_in: 100,
              tokens_out: 20,
              model: 'pincer-demo',
              session_key: 'thread-7',
            },
          ],
    )
    expect(place.warnings).toEqual([])
  })

  test('holds the same after a second telling, by another process too', async () => {
    await using place = await openPlace({ line })
    await place.gateway.events.append(run)
    expect(new Set(await statuses(place.gateway, run))).toEqual(new Set(['duplicate']))
    const before = place.server.requests.length
    expect(new Set(await statuses(place.open(), run))).toEqual(new Set(['accepted']))
    expect(place.server.requests.length).toBeGreaterThan(before)
    expectWholeRun(place.server, line)
  })

  test('takes no action that was blocked for lost, and says what it refuses to keep', async () => {
    await using place = await openPlace(
      { line, policy: () => 'block' },
      { describe: () => ({ action_type: 'deploy' }) },
    )
    const [started] = toolCall('a')
    const error = { message: 'not allowed', code: 'guard_blocked' }
    const data = { toolCallId: 'call-a', outcome: 'blocked', error } as const
    expect(
      await statuses(place.gateway, [started, event('tool.call.failed', data, { actionId: 'a' })]),
    ).toEqual(['accepted', 'accepted'])
    // It happened all the same, as in observe mode.
    const [begun, ended] = toolCall('b')
    expect(await statuses(place.gateway, [begun])).toEqual(['accepted'])
    const verdicts = await place.gateway.events.append([ended])
    if (line === '2.10') {
      expect(place.server.rows.get('act_a')).toMatchObject({
        status: 'blocked',
        error_message: 'not allowed',
      })
      expect(verdicts[0]?.status).toBe('accepted')
      expect(place.server.rows.get('act_b')?.['status']).toBe('completed')
    } else {
      expect([...place.server.rows]).toEqual([])
      expect(verdicts[0]).toMatchObject({ status: 'rejected', code: 'blocked_by_policy' })
    }
  })
})

test('events that come one by one make the same rows', async () => {
  await using place = await openPlace()
  for (const one of run) expect(await statuses(place.gateway, [one])).toEqual(['accepted'])
  expectWholeRun(place.server, '2.10')
  expect(writes(place.server)).toEqual([
    'POST /api/actions',
    'POST /api/actions',
    'PATCH /api/actions/act_run-1-model',
    // Once: the server has no such route.
    'POST /api/tokens',
    'PATCH /api/actions/act_run-1-model',
    'POST /api/actions',
    'PATCH /api/actions/act_run-1-tool',
    'PATCH /api/actions/act_run_run-1',
  ])
})

test('usage alone, which servers of 2.0.x keep in no row, is reported', async () => {
  await using place = await openPlace({ line: '2.0' })
  for (const one of run) expect(await statuses(place.gateway, [one])).toEqual(['accepted'])
  expect(place.server.rows.get('act_run-1-model')).toMatchObject({
    status: 'completed',
    model: 'pincer-demo',
  })
  expect(place.server.rows.get('act_run-1-model')).not.toHaveProperty('tokens_in')
  expect(place.server.tokens).toHaveLength(1)
})

test('an end without a start is recorded, and the start after it changes nothing', async () => {
  await using place = await openPlace()
  for (const one of run.toReversed()) expect(await statuses(place.gateway, [one])).toEqual(['accepted'])
  const ends = [...place.server.rows].map(([id, { status, parent_action_id: parent }]) => [
    id,
    status,
    parent,
  ])
  expect(new Set(ends)).toEqual(
    new Set([
      ['act_run-1-model', 'completed', 'act_run_run-1'],
      ['act_run-1-tool', 'completed', 'act_run_run-1'],
      ['act_run_run-1', 'completed', undefined],
    ]),
  )
})

test('every way to end has a status, and a failure its words', async () => {
  await using place = await openPlace()
  const failed = { toolCallId: 'c', error: { message: 'no credit' } }
  const outcomes = [
    event('tool.call.completed', { toolCallId: 'c', outcome: 'length' }, { actionId: 'length' }),
    event(
      'tool.call.completed',
      { toolCallId: 'c', outcome: 'cancelled', reason: 'left' },
      { actionId: 'cancelled' },
    ),
    event('tool.call.completed', { toolCallId: 'c', outcome: 'abandoned' }, { actionId: 'abandoned' }),
    event('tool.call.failed', { ...failed, outcome: 'error' }, { actionId: 'error' }),
    event('tool.call.failed', { ...failed, outcome: 'timed_out' }, { actionId: 'timed_out' }),
    event('run.timed_out', {}, { runId: 'late' }),
    event('run.cancelled', { reason: 'stopped by hand' }, { runId: 'stopped' }),
    event('run.failed', { error: { message: 'broken' } }, { runId: 'broken' }),
  ]
  await place.gateway.events.append(outcomes)
  const found = [...place.server.rows].map(([id, row]) => [id, row['status'], row['error_message']])
  expect(Object.fromEntries(found.map(([id, ...rest]) => [id, rest]))).toEqual({
    act_length: ['completed', undefined],
    act_cancelled: ['cancelled', 'left'],
    act_abandoned: ['cancelled', undefined],
    act_error: ['failed', 'no credit'],
    act_timed_out: ['failed', 'no credit'],
    act_run_late: ['failed', 'its time was up'],
    act_run_stopped: ['cancelled', 'stopped by hand'],
    act_run_broken: ['failed', 'broken'],
  })
})

test('parents are the action that something was started in, or else the run', async () => {
  await using place = await openPlace()
  await place.gateway.events.append([
    event('run.started', { name: 'parent' }),
    event('tool.call.started', { toolCallId: 'c', name: 'delegate' }, { actionId: 'outer' }),
    event(
      'run.started',
      { name: 'child', parentActionId: 'outer' },
      { runId: 'run-2', parentRunId: 'run-1' },
    ),
    event('run.started', { name: 'sibling' }, { runId: 'run-3', parentRunId: 'run-1' }),
    event(
      'retrieval.started',
      { name: 'docs', query: 'crabs', parentActionId: 'outer' },
      { actionId: 'inner' },
    ),
  ])
  const parents = [...place.server.rows].map(([id, row]) => [id, row['parent_action_id']])
  expect(Object.fromEntries(parents)).toEqual({
    'act_run_run-1': undefined,
    act_outer: 'act_run_run-1',
    'act_run_run-2': 'act_outer',
    'act_run_run-3': 'act_run_run-1',
    act_inner: 'act_outer',
  })
  expect(place.server.rows.get('act_inner')).toMatchObject({
    action_type: 'retrieval',
    declared_goal: 'Search in docs: crabs',
  })
})

test('ids that the server could not take, or that look like others, get rows of their own', async () => {
  await using place = await openPlace()
  const ids = ['a/b?c', 'run_x', 'act_run_x', 'ask_1', '../../admin', 'x'.repeat(500), 'ä', 'act_given']
  for (const actionId of ids) await place.gateway.events.append(toolCall(actionId))
  await place.gateway.events.append([
    event('run.started', {}, { runId: 'x' }),
    event('run.started', {}, { runId: 'a b' }),
  ])
  const rows = [...place.server.rows.keys()]
  expect(rows).toHaveLength(ids.length + 2)
  expect(rows).toContain('act_given')
  for (const id of rows) expect(id).toMatch(/^act_[\w-]{1,120}$/)
})

test('texts over the limits are cut, and tokens are whole', async () => {
  await using place = await openPlace()
  const long = 'x'.repeat(10_000)
  const usage = { ...emptyCounts, inputTokens: 12.4, outputTokens: 99_000_000, costUsd: 0.25 }
  await place.gateway.events.append([
    event('tool.call.started', { toolCallId: 'c', name: long, input: { long } }, { actionId: 'a' }),
    event('usage.reported', usage, { actionId: 'a' }),
    event(
      'tool.call.failed',
      { toolCallId: 'c', outcome: 'error', error: { message: long } },
      { actionId: 'a' },
    ),
  ])
  const row = place.server.rows.get('act_a')
  expect(row).toMatchObject({ status: 'failed', tokens_in: 12, tokens_out: 10_000_000, cost_estimate: 0.25 })
  expect(String(row?.['error_message'])).toMatch(/cut, 10000 characters\]$/)
  expect(String(row?.['declared_goal'])).toHaveLength(600)
})

test('rows that policies want an approval for go on where they are only recorded', async () => {
  await using place = await openPlace({ policy: () => 'require_approval' })
  const [started, ended] = toolCall('a')
  await place.gateway.events.append([started])
  expect(place.server.rows.get('act_a')?.['status']).toBe('running')
  await place.gateway.events.append([ended])
  expect(place.server.rows.get('act_a')?.['status']).toBe('completed')
  await place.gateway.events.append(toolCall('b'))
  expect(place.server.rows.get('act_b')?.['status']).toBe('completed')
})

test('what a run leaves open, takes for true and tells others is written once', async () => {
  let isDown = true
  await using place = await openPlace({
    fault: ({ path }) => (isDown && path === '/api/messages' ? { status: 503 } : undefined),
  })
  const metadata = {
    dashclaw: {
      loops: [
        'Count again tomorrow',
        { type: 'review', description: 'Read the diff', priority: 'high' },
        7,
        { type: 'x' },
      ],
      assumptions: ['Staging tests passed', { assumption: 'CRM is current', basis: 'sync at 09:00' }],
      messages: [{ body: 'Starting', to: 'ops', type: 'status' }],
    },
    other: { loops: ['not for DashClaw'] },
  }
  const started = event('run.started', { name: 'deploy', metadata })
  await expect(place.gateway.events.append([started])).rejects.toMatchObject({ status: 503, retryable: true })
  isDown = false
  expect(await statuses(place.gateway, [started])).toEqual(['accepted'])
  await place.open().events.append([started])
  const row = 'act_run_run-1'
  expect(place.server.loops).toEqual([
    {
      loop_id: expect.stringMatching(/^loop_/) as unknown,
      action_id: row,
      loop_type: 'followup',
      description: 'Count again tomorrow',
    },
    {
      loop_id: expect.stringMatching(/^loop_/) as unknown,
      action_id: row,
      loop_type: 'review',
      description: 'Read the diff',
      priority: 'high',
    },
  ])
  expect(place.server.assumptions.map(({ assumption, basis }) => [assumption, basis])).toEqual([
    ['Staging tests passed', undefined],
    ['CRM is current', 'sync at 09:00'],
  ])
  expect(place.server.messages[0]).toEqual({
    from_agent_id: 'own-agent',
    to_agent_id: 'ops',
    body: 'Starting',
    message_type: 'status',
    action_id: row,
  })
  expect(place.warnings).toEqual([])
})

test('where the server fails in the middle, what was written is answered for', async () => {
  let isBroken = true
  await using place = await openPlace({
    fault: ({ body }) => (isBroken && body?.['action_id'] === 'act_b' ? { status: 500 } : undefined),
  })
  const events = [...toolCall('a'), ...toolCall('b')]
  const first = await place.gateway.events.append(events)
  expect(first.map(({ id, status }) => [id, status])).toEqual(
    events.slice(0, 2).map(({ id }) => [id, 'accepted']),
  )
  await expect(place.gateway.events.append(events.slice(2))).rejects.toMatchObject({
    status: 500,
    retryable: true,
  })
  isBroken = false
  expect(await statuses(place.gateway, events)).toEqual(['duplicate', 'duplicate', 'accepted', 'accepted'])
  expect([...place.server.rows.keys()].toSorted()).toEqual(['act_a', 'act_b'])
})

test('a server that asks to wait is waited for by whoever delivers', async () => {
  await using place = await openPlace({ fault: () => ({ status: 429, headers: { 'retry-after': '60' } }) })
  await expect(place.gateway.events.append(run)).rejects.toMatchObject({
    status: 429,
    retryable: true,
    retryAfterMs: 60_000,
  })
  // After the first refusal nothing further was begun.
  expect(place.server.requests.length).toBeLessThanOrEqual(3)
})

test('a wrong key loses nothing, and is not told', async () => {
  await using place = await openPlace({}, { apiKey: 'oc_live_wrong' })
  const error: unknown = await place.gateway.events.append(run).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ status: 401, retryable: false })
  expect(String(error)).not.toContain('oc_live_wrong')
})

test('a row that the server never takes is refused alone', async () => {
  await using place = await openPlace({
    fault: ({ body }) => (body?.['action_id'] === 'act_b' ? { status: 400 } : undefined),
  })
  const verdicts = await place.gateway.events.append([...toolCall('a'), ...toolCall('b')])
  expect(verdicts.map(({ status }) => status)).toEqual(['accepted', 'accepted', 'rejected', 'rejected'])
})

test('rows are written side by side, each in its order', async () => {
  let open = 0
  let most = 0
  const order = new Map<string, string[]>()
  await using place = await openPlace({
    async before({ method, path, body }) {
      const id = body?.['action_id']
      const row = typeof id === 'string' ? id : (path.split('/').at(-1) ?? '')
      order.set(row, [...(order.get(row) ?? []), method])
      open++
      most = Math.max(most, open)
      await new Promise((resolve) => setTimeout(resolve, 5))
      open--
    },
  })
  const calls = Array.from({ length: 40 }, (_, at) => toolCall(`a-${at}`))
  await Promise.all([
    place.gateway.events.append(calls.map(([started]) => started)),
    place.gateway.events.append(calls.map(([, ended]) => ended)),
  ])
  expect(most).toBeGreaterThan(4)
  expect(most).toBeLessThanOrEqual(16)
  expect(new Set([...order.values()].map((methods) => methods.join()))).toEqual(new Set(['POST,PATCH']))
  expect(new Set([...place.server.rows.values()].map(({ status }) => status))).toEqual(new Set(['completed']))
})

test('an app describes its steps in its own words; where that fails they are described as usual', async () => {
  await using place = await openPlace(
    {},
    {
      describe({ kind, name, risk, metadata }) {
        if (name === 'odd') throw new Error('no words')
        if (kind === 'run') return { action_type: 'nightly', declared_goal: JSON.stringify(metadata) }
        return {
          systems_touched: ['production'],
          reversible: false,
          ...(risk === 'critical' ? { risk_score: 99 } : {}),
        }
      },
    },
  )
  await place.gateway.events.append([
    event('run.started', { name: 'n', metadata: { goal: 'Clean up' } }),
    event('tool.call.started', { toolCallId: 'c', name: 'drop', risk: 'critical' }, { actionId: 'a' }),
    event('tool.call.started', { toolCallId: 'd', name: 'odd', risk: 'low' }, { actionId: 'b' }),
  ])
  expect(place.server.rows.get('act_run_run-1')).toMatchObject({
    action_type: 'nightly',
    declared_goal: '{"goal":"Clean up"}',
  })
  expect(place.server.rows.get('act_a')).toMatchObject({
    action_type: 'drop',
    systems_touched: '["production"]',
    reversible: false,
    risk_score: 99,
  })
  expect(place.server.rows.get('act_b')).toMatchObject({ action_type: 'odd', risk_score: 10 })
  expect(place.warnings).toEqual([expect.stringContaining('describe() failed on "odd"')])
})

test('options are checked before anything is opened', () => {
  const usual = { baseUrl: 'http://localhost:1', apiKey: key, agentId: 'a' }
  expect(() => dashclaw({ ...usual, describe: 'x' as never })).toThrow(/describe: expected a function/)
  expect(() => dashclaw({ ...usual, guardMode: 'warn' } as never)).toThrow(/guardMode/)
  expect(() => dashclaw({ ...usual, agentId: '' })).toThrow(/agentId/)
})

const emptyCounts = {
  provider: 'demo',
  model: 'demo',
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  totalTokens: 0,
}
