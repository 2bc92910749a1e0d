import { describe, expect, test } from 'vitest'
import { actionRow, makeClaw, rejection } from './make-claw.ts'
import { type Answer, type Handler, type Recorded, startServer } from './recording-server.ts'

const input = { action_type: 'research', declared_goal: 'Count rows' }
const outcomes = (requests: readonly Recorded[]): unknown[] =>
  requests.filter(({ method }) => method === 'PATCH').map(({ body }) => body)
const recording =
  (status: string): Handler =>
  ({ method, body }): Answer =>
    method === 'POST'
      ? { status: 201, body: { action: actionRow({ ...body, status }), action_id: body?.['action_id'] } }
      : { body: { action: actionRow() } }
const ended = { duration_ms: expect.any(Number), timestamp_end: expect.stringMatching(/^\d{4}-.*Z$/) }

describe('track', () => {
  test('records the work and its end, and gives its result', async () => {
    await using server = await startServer(recording('running'))
    const result = await makeClaw(server.url).track(input, ({ action_id }) => action_id)
    const [create, patch] = server.requests
    expect(result).toBe(create?.body?.['action_id'])
    expect(patch?.path).toBe(`/api/actions/${result}`)
    expect(patch?.body).toEqual({ status: 'completed', ...ended })
  })

  test('records a failure, and throws it on', async () => {
    await using server = await startServer(recording('running'))
    const broken = new Error('disk full')
    expect(await rejection(makeClaw(server.url).track(input, () => Promise.reject(broken)))).toBe(broken)
    expect(outcomes(server.requests)).toEqual([{ status: 'failed', error_message: 'disk full', ...ended }])
  })

  test('the work may end it itself, once', async () => {
    await using server = await startServer(recording('running'))
    await makeClaw(server.url).track(input, async (tracked) => {
      await tracked.complete({ output_summary: '42 rows', tokens_in: 5 })
    })
    expect(outcomes(server.requests)).toEqual([
      { status: 'completed', output_summary: '42 rows', tokens_in: 5, ...ended },
    ])
  })

  test('`await using` ends what is left early as failed, and what is complete not again', async () => {
    await using server = await startServer(recording('running'))
    const claw = makeClaw(server.url)
    const broken = rejection(
      (async () => {
        await using _action = await claw.track(input)
        throw new Error('disk full')
      })(),
    )
    expect(String(await broken)).toContain('disk full')
    {
      await using action = await claw.track(input)
      await action.complete()
    }
    expect(outcomes(server.requests)).toEqual([
      { status: 'failed', error_message: 'its block was left before complete() was called', ...ended },
      { status: 'completed', ...ended },
    ])
  })

  test('work that needs an approval is not begun', async () => {
    await using server = await startServer(recording('pending_approval'))
    let hasBegun = false
    const error = await rejection(makeClaw(server.url).track(input, () => (hasBegun = true)))
    expect(error).toMatchObject({
      code: 'approval_pending',
      approvalId: server.requests[0]?.body?.['action_id'],
    })
    expect(hasBegun).toBe(false)
  })

  test('an outcome that cannot be recorded is a warning, not the end of the work', async () => {
    await using server = await startServer(({ method, body }) =>
      method === 'POST'
        ? { status: 201, body: { action: actionRow(body), action_id: 'act_1' } }
        : { status: 500, body: { error: 'broken' } },
    )
    const warnings: string[] = []
    const claw = makeClaw(server.url, { onWarning: (warning) => warnings.push(warning) })
    expect(await claw.track(input, () => 42)).toBe(42)
    expect(warnings).toEqual(['the outcome of act_1 is not recorded: updateOutcome: broken'])
  })
})

describe('outcomes', () => {
  test('what stays open has no end', async () => {
    await using server = await startServer()
    const claw = makeClaw(server.url)
    await claw.updateOutcome('act_1', { status: 'running', tokens_in: 5 })
    await claw.updateOutcome('act_1', { status: 'completed', timestamp_end: '2026-01-01T00:00:00.000Z' })
    expect(outcomes(server.requests)).toEqual([
      { status: 'running', tokens_in: 5 },
      { status: 'completed', timestamp_end: '2026-01-01T00:00:00.000Z' },
    ])
  })

  test('actionContext puts its id into every call', async () => {
    await using server = await startServer()
    const context = makeClaw(server.url).actionContext('act_9')
    await context.recordAssumption({ assumption: 'tests passed', basis: 'CI' })
    await context.sendMessage({ to: 'ops-agent', body: 'Starting', actionId: 'act_other' })
    await context.updateOutcome({ status: 'completed' })
    expect(server.requests.map(({ method, path, body }) => [method, path, body])).toEqual([
      ['POST', '/api/assumptions', { assumption: 'tests passed', basis: 'CI', action_id: 'act_9' }],
      [
        'POST',
        '/api/messages',
        {
          from_agent_id: 'test-agent',
          to_agent_id: 'ops-agent',
          message_type: 'info',
          body: 'Starting',
          action_id: 'act_9',
        },
      ],
      ['PATCH', '/api/actions/act_9', { status: 'completed', timestamp_end: ended.timestamp_end }],
    ])
  })

  test('rows of loops and assumptions carry the id that other calls take', async () => {
    await using server = await startServer(({ path }) =>
      path.endsWith('/loops')
        ? { status: 201, body: { loop: { id: 3, loop_id: 'loop_1' }, loop_id: 'loop_1' } }
        : {
            body: {
              action: actionRow(),
              open_loops: [{ id: 3, loop_id: 'loop_1' }],
              assumptions: [{ id: 4, assumption_id: 'asm_1' }],
            },
          },
    )
    const claw = makeClaw(server.url)
    expect((await claw.registerOpenLoop('act_1', 'followup', 'x')).loop).toEqual({
      id: 'loop_1',
      loop_id: 'loop_1',
      row_id: 3,
    })
    const { open_loops: loops, assumptions } = await claw.getAction('act_1')
    expect([loops[0]?.id, assumptions[0]?.id]).toEqual(['loop_1', 'asm_1'])
  })

  test('servers of 2.0.x are asked for assumptions where they have them', async () => {
    await using server = await startServer(({ path }) =>
      path === '/api/assumptions'
        ? { status: 404, body: '<html>no such page</html>' }
        : { status: 201, body: { assumption: { id: 4, assumption_id: 'asm_1' } } },
    )
    const { assumption } = await makeClaw(server.url).registerAssumption('act_1', 'tests passed')
    expect(assumption.id).toBe('asm_1')
    expect(server.requests[1]).toMatchObject({
      path: '/api/actions/assumptions',
      body: { action_id: 'act_1' },
    })
  })
})
