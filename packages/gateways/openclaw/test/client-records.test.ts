import { afterEach, describe, expect, it } from 'vitest'
import { OpenClaw } from '../src/index.ts'
import { ClientTransport } from './client-transport.ts'

const t1 = 'agent:main:t1'

describe('oc.usage', () => {
  const transport = new ClientTransport(['usage-audit'])
  const oc = new OpenClaw({ transport })
  afterEach(() => transport.sent.splice(0))

  it('status and cost', async () => {
    expect((await oc.usage.status()).providers).toEqual([])
    const { days, daily, totals } = await oc.usage.cost()
    expect([days, daily.length, totals.totalTokens]).toEqual([30, 30, expect.any(Number)])
    expect(transport.calls).toEqual([
      ['usage.status', {}],
      ['usage.cost', {}],
    ])
  })

  it('timeseries and logs, by their short key', async () => {
    const { points } = await oc.usage.timeseries({ key: 't1' })
    expect(points.map(({ totalTokens, cumulativeTokens }) => [totalTokens, cumulativeTokens])).toEqual([
      [7457, 7457],
      [7493, 14_950],
    ])
    expect((await oc.usage.logs({ key: 't1' })).logs.map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'user',
      'assistant',
    ])
    expect(transport.calls).toEqual([
      ['sessions.usage.timeseries', { key: t1 }],
      ['sessions.usage.logs', { key: t1 }],
    ])
  })

  it('sessions: asks again while the transcripts are not read', async () => {
    const read = new ClientTransport([], {
      'sessions.usage': (_params, count) => ({
        sessions: [{ key: t1, usage: count < 2 ? null : { totalTokens: 7 } }],
        cacheStatus: { status: count < 2 ? 'refreshing' : 'fresh' },
      }),
    })
    const { sessions } = await new OpenClaw({ transport: read }).usage.sessions({ key: 't1' })
    expect(sessions[0]?.usage?.totalTokens).toBe(7)
    expect(read.calls).toEqual(Array.from({ length: 3 }, () => ['sessions.usage', { key: t1 }]))
  })

  it('sessions: a session that has none is not asked for again, and a signal ends the asking', async () => {
    const none = new ClientTransport([], {
      'sessions.usage': () => ({
        sessions: [{ key: t1, usage: null }],
        cacheStatus: { status: 'fresh' },
      }),
    })
    const client = new OpenClaw({ transport: none })
    expect(await client.sessions.usage({ key: t1 })).toBeUndefined()
    expect(none.sent).toHaveLength(1)
    const never = new ClientTransport([], {
      'sessions.usage': () => ({ sessions: [{ usage: null }], cacheStatus: { status: 'refreshing' } }),
    })
    const asking = new OpenClaw({ transport: never }).usage.sessions({}, { signal: AbortSignal.timeout(20) })
    await expect(asking).rejects.toMatchObject({ name: expect.stringMatching(/TimeoutError|AbortError/) })
  })

  it('an empty key is refused before anything is sent', async () => {
    await expect(oc.usage.logs({ key: '' })).rejects.toMatchObject({ status: 400 })
    await expect(oc.usage.timeseries(undefined as never)).rejects.toMatchObject({ status: 400 })
    await expect(oc.usage.sessions({ key: ' ' })).rejects.toMatchObject({ status: 400 })
    expect(transport.sent).toEqual([])
  })
})

describe('oc.audit', () => {
  const transport = new ClientTransport(['usage-audit', 'b-audit-inspect'])
  const oc = new OpenClaw({ transport })
  const runId = '6c7a0987-f141-4382-8142-7db5c09d3e78'
  afterEach(() => transport.sent.splice(0))

  it('list, activity and inspect', async () => {
    const page = await oc.audit.list({ limit: 1 })
    expect(page).toMatchObject({ events: [{ runId, action: 'agent.run.started' }], nextCursor: '74' })
    await oc.audit.list({ sessionKey: 'task1' })
    expect((await oc.audit.activity({ limit: 4 })).events).toHaveLength(4)
    expect((await oc.audit.inspect(runId)).run).toMatchObject({ runId, status: 'known' })
    await oc.audit.inspect({ runId })
    expect(transport.calls).toEqual([
      ['audit.list', { limit: 1 }],
      ['audit.list', { sessionKey: 'agent:main:task1' }],
      ['audit.activity.list', { limit: 4 }],
      ['audit.run.inspect', { runId }],
      ['audit.run.inspect', { runId }],
    ])
  })

  it('an empty id is refused before anything is sent', async () => {
    await expect(oc.audit.inspect('')).rejects.toMatchObject({ status: 400 })
    expect(transport.sent).toEqual([])
  })
})

describe('oc.chat', () => {
  const transport = new ClientTransport(['chat-send', 'external-activity', 'sessions', 'agent-run-cancel'])
  const oc = new OpenClaw({ transport })
  afterEach(() => transport.sent.splice(0))

  it('send: a run under an id of our own, known before the Gateway answers', async () => {
    const run = await oc.chat.send({ sessionKey: 'notes', message: 'hello' })
    expect(run.id).toMatch(/^[\w-]{36}$/)
    expect(run.sessionKey).toBe('agent:main:notes')
    expect(transport.calls[0]).toEqual([
      'chat.send',
      { sessionKey: 'agent:main:notes', message: 'hello', idempotencyKey: run.id },
    ])
  })

  it('history, abort and inject', async () => {
    await oc.chat.history({ sessionKey: 'notes', limit: 1 })
    await oc.chat.abort({ sessionKey: 'notes', runId: 'run-1' })
    const { messageId } = await oc.chat.inject({
      sessionKey: 'notes',
      message: 'for people',
      label: 'Pincer',
    })
    expect(messageId).toEqual(expect.any(String))
    expect(transport.calls).toEqual([
      ['chat.history', { sessionKey: 'agent:main:notes', limit: 1 }],
      ['chat.abort', { sessionKey: 'agent:main:notes', runId: 'run-1' }],
      ['chat.inject', { sessionKey: 'agent:main:notes', message: 'for people', label: 'Pincer' }],
    ])
  })

  it('an empty key or message is refused before anything is sent', async () => {
    await expect(oc.chat.send({ sessionKey: '', message: 'x' })).rejects.toMatchObject({ status: 400 })
    await expect(oc.chat.send({ sessionKey: 'notes', message: '' })).rejects.toMatchObject({ status: 400 })
    await expect(oc.chat.history(undefined as never)).rejects.toMatchObject({ status: 400 })
    expect(transport.sent).toEqual([])
  })
})

describe('oc.gateway', () => {
  const transport = new ClientTransport(['usage-audit', 'external-activity', 'b-attach-grant-mcp'])
  const oc = new OpenClaw({ transport })
  afterEach(() => transport.sent.splice(0))

  it('health, status, presence and logs', async () => {
    expect((await oc.gateway.health()).ok).toBe(true)
    expect((await oc.gateway.status()).runtimeVersion).toBe('2026.9.6')
    expect((await oc.gateway.presence())[0]?.mode).toBe('gateway')
    expect((await oc.gateway.logs({ limit: 3 })).lines.length).toBeGreaterThan(0)
    expect(transport.calls).toEqual([
      ['health', {}],
      ['status', {}],
      ['system-presence', {}],
      ['logs.tail', { limit: 3 }],
    ])
  })

  it('what names a session takes its short key', async () => {
    await oc.gateway.putProgressCard({ sessionKey: 'notes', markdown: 'half way' })
    await oc.gateway.grantTools({ sessionKey: 'x1' })
    await oc.gateway.wake({ mode: 'now', text: 'hello', sessionKey: 'notes' })
    expect(transport.calls).toEqual([
      ['progressCard.put', { sessionKey: 'agent:main:notes', markdown: 'half way' }],
      ['attach.grant', { sessionKey: 'agent:main:x1' }],
      ['wake', { mode: 'now', text: 'hello', sessionKey: 'agent:main:notes' }],
    ])
    await expect(oc.gateway.putProgressCard({ sessionKey: '' })).rejects.toMatchObject({ status: 400 })
    await expect(oc.gateway.getProgressCard(undefined as never)).rejects.toMatchObject({ status: 400 })
  })

  it('grants tools of no session, and takes the grant back', async () => {
    const { token } = await oc.gateway.grantTools()
    expect(await oc.gateway.revokeTools({ token })).toEqual({ revoked: true })
    expect(transport.calls).toEqual([
      ['attach.grant', {}],
      ['attach.revoke', { token }],
    ])
  })
})
