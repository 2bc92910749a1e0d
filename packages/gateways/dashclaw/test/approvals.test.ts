import { describe, expect, test } from 'vitest'
import { actionRow, makeClaw, rejection, until } from './make-claw.ts'
import { startServer } from './recording-server.ts'
import { startStreamServer } from './stream-server.ts'

const approved = { status: 'running', approved_by: 'ada', approved_at: '2026-01-01T00:00:00Z' }

describe('waiting for an approval', () => {
  test('the event of the decision ends it at once, long before the next look', async () => {
    let row = actionRow({ status: 'pending_approval' })
    await using server = await startStreamServer(() => ({ body: { action: row } }))
    const wait = makeClaw(server.url).waitForApproval('act_1', { intervalMs: 60_000 })
    await until(() => server.streams.size === 1 && server.requests.length >= 3)
    row = actionRow(approved)
    const decided = performance.now()
    server.send('action.updated', actionRow({ action_id: 'act_other', ...approved }), 'mem-1')
    server.send('action.updated', row, 'mem-2')
    expect((await wait).action).toMatchObject(approved)
    expect(performance.now() - decided).toBeLessThan(1000)
    await until(() => server.streams.size === 0)
  })

  test('a decision before the stream stands is not missed', async () => {
    await using server = await startStreamServer(() => ({ body: { action: actionRow(approved) } }))
    const { action } = await makeClaw(server.url).waitForApproval('act_1', { intervalMs: 60_000 })
    expect(action.approved_by).toBe('ada')
  })

  test('a decision while the stream is broken is seen when it stands again', async () => {
    let row = actionRow({ status: 'pending_approval' })
    await using server = await startStreamServer(() => ({ body: { action: row } }))
    const wait = makeClaw(server.url).waitForApproval('act_1', { intervalMs: 60_000 })
    await until(() => server.streams.size === 1 && server.requests.length >= 3)
    row = actionRow(approved)
    server.breakStreams()
    expect((await wait).action.approved_by).toBe('ada')
    expect(server.resumedFrom).toHaveLength(2)
  })

  test.each([503, 404, 401])('without events (%i) it is looked for', async (status) => {
    let looks = 0
    await using server = await startServer(({ path }) => {
      if (path === '/api/stream') return { status, body: 'no stream' }
      looks += 1
      return { body: { action: actionRow(looks < 3 ? { status: 'pending_approval' } : approved) } }
    })
    await makeClaw(server.url).waitForApproval('act_1', { interval: 5 })
    expect(looks).toBe(3)
  })

  test('a server that is away for a moment is asked again', async () => {
    let looks = 0
    await using server = await startServer(({ path }) => {
      if (path === '/api/stream') return { status: 503, body: '' }
      looks += 1
      return looks === 1 ? { status: 503, body: {} } : { body: { action: actionRow(approved) } }
    })
    await makeClaw(server.url, { retries: 0 }).waitForApproval('act_1', { intervalMs: 5 })
    expect(looks).toBe(2)
  })

  test.each([
    ['was never gated', actionRow()],
    ['was never gated, and is over', actionRow({ status: 'completed' })],
    ['was approved with a key, by nobody named', actionRow({ status: 'running', approved_by: '' })],
  ])('an action that %s may go on', async (_, row) => {
    await using server = await startStreamServer(() => ({
      body: { action: row, open_loops: [], assumptions: [] },
    }))
    expect(await makeClaw(server.url).waitForApproval('act_1')).toMatchObject({ action: row, open_loops: [] })
  })

  test.each([
    [
      'denied',
      { status: 'failed', error_message: 'not today' },
      { code: 'approval_denied', reason: 'not today', decision: 'failed' },
    ],
    ['cancelled', { status: 'cancelled' }, { code: 'approval_denied', decision: 'cancelled' }],
    ['blocked', { status: 'blocked' }, { code: 'guard_blocked', decision: { decision: 'block' } }],
  ])('an action that was %s throws', async (_, fields, expected) => {
    await using server = await startStreamServer(() => ({ body: { action: actionRow(fields) } }))
    expect(await rejection(makeClaw(server.url).waitForApproval('act_1'))).toMatchObject(expected)
  })

  test.each(['running', 'completed'])(
    'one that is %s without anybody having approved it throws',
    async (status) => {
      let looks = 0
      await using server = await startServer(({ path }) => {
        if (path === '/api/stream') return { status: 404, body: '' }
        looks += 1
        return { body: { action: actionRow({ status: looks === 1 ? 'pending_approval' : status }) } }
      })
      const error = await rejection(makeClaw(server.url).waitForApproval('act_1', { intervalMs: 5 }))
      expect(error).toMatchObject({ gatewayCode: 'not_approved' })
    },
  )

  test('time, the signal and close() end it', async () => {
    await using server = await startStreamServer(() => ({
      body: { action: actionRow({ status: 'pending_approval' }) },
    }))
    const claw = makeClaw(server.url)
    expect(await rejection(claw.waitForApproval('act_1', { timeout: 50 }))).toMatchObject({
      code: 'approval_timed_out',
      approvalId: 'act_1',
      message: 'nobody decided on "deploy" within 50 ms',
    })
    const stop = new AbortController()
    const stopped = rejection(claw.waitForApproval('act_1', { signal: stop.signal }))
    await until(() => server.streams.size === 1)
    const reason = new Error('enough')
    stop.abort(reason)
    expect(await stopped).toBe(reason)
    const closed = rejection(claw.waitForApproval('act_1'))
    await until(() => server.streams.size === 1)
    await claw.close()
    expect(String(await closed)).toContain('the client was closed')
    await until(() => server.streams.size === 0)
  })

  test('an action that is not there is told', async () => {
    await using server = await startStreamServer(() => ({ status: 404, body: { error: 'Action not found' } }))
    expect(await rejection(makeClaw(server.url).waitForApproval('act_1'))).toMatchObject({
      status: 404,
      message: 'getAction: Action not found',
    })
    expect(
      String(await rejection(makeClaw(server.url).waitForApproval('act_1', { timeoutMs: -1 }))),
    ).toContain('waitForApproval: timeoutMs: expected milliseconds')
  })
})
