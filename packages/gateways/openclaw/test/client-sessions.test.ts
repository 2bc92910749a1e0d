import { afterEach, describe, expect, it } from 'vitest'
import { OpenClaw } from '../src/index.ts'
import { capturedHello, ClientTransport } from './client-transport.ts'

const key = 'agent:main:kit-321e67'

describe('oc.sessions', () => {
  const transport = new ClientTransport(['sessions', 'usage-audit', 'errors'])
  const oc = new OpenClaw({ transport })
  afterEach(() => transport.sent.splice(0))

  it('create: sessions.create, and a handle of the key that was made', async () => {
    const session = await oc.sessions.create({ key: 'kit-321e67', agentId: 'main', label: 'kit 321e67' })
    expect(transport.calls).toEqual([['sessions.create', { key, agentId: 'main', label: 'kit 321e67' }]])
    expect(session).toMatchObject({
      key,
      agentId: 'main',
      sessionId: '5984eedf-b953-4174-a2ba-de9ab2aae881',
    })
    expect(session.run).toBeUndefined()
  })

  it('create: with a message the run that answers it comes along', async () => {
    const session = await oc.sessions.create({ agentId: 'main', message: '[[text:initial turn]]' })
    expect(session.run?.id).toBe('28dcca8e-a0d1-4746-ab6f-0a898e140fa1')
    expect(session.run?.sessionKey).toBe(session.key)
  })

  it('create: a label that is taken is an error that says so', async () => {
    await expect(oc.sessions.create({ agentId: 'main', label: 'kit 321e67' })).rejects.toThrow(
      'label already in use: kit 321e67',
    )
  })

  it('resolve: by key, label or id; a missing one is an error, or undefined where that is allowed', async () => {
    expect((await oc.sessions.resolve({ label: 'kit 321e67' })).key).toBe(key)
    expect((await oc.sessions.resolve({ key })).agentId).toBe('main')
    await expect(oc.sessions.resolve({ key: 'agent:main:ghost2' })).rejects.toMatchObject({ status: 404 })
    expect(await oc.sessions.resolve({ key: 'agent:main:ghost2', allowMissing: true })).toBeUndefined()
  })

  it('get: a handle, without asking whether it exists', async () => {
    expect((await oc.sessions.get('main')).key).toBe('agent:main:main')
    expect((await oc.sessions.get('Notes', { agentId: 'kit-bot' })).key).toBe('agent:kit-bot:notes')
    expect((await oc.sessions.get('global')).key).toBe('global')
    expect(transport.sent).toEqual([])
  })

  it('list: sessions.list', async () => {
    const page = await oc.sessions.list({ limit: 2 })
    expect(transport.calls).toEqual([['sessions.list', { limit: 2 }]])
    expect([page.count, page.totalCount, page.hasMore, page.nextOffset]).toEqual([2, 21, true, 2])
    expect(page.sessions[0]?.key).toBe(key)
  })

  it('patch, compact, abort, reset and delete, by their short key', async () => {
    expect((await oc.sessions.patch({ key: 'kit-321e67', label: 'renamed 321e67' })).key).toBe(key)
    expect(await oc.sessions.compact({ key: 'kit-321e67', maxLines: 200 })).toMatchObject({
      compacted: false,
      kept: 5,
    })
    expect(await oc.sessions.abort({ runId: 'ghost' })).toMatchObject({ status: 'no-active-run' })
    expect((await oc.sessions.reset({ key: 'kit-321e67' })).key).toBe(key)
    expect((await oc.sessions.delete({ key: 'kit-321e67' })).deleted).toBe(true)
    expect(transport.calls).toEqual([
      ['sessions.patch', { key, label: 'renamed 321e67' }],
      ['sessions.compact', { key, maxLines: 200 }],
      ['sessions.abort', { runId: 'ghost' }],
      ['sessions.reset', { key }],
      ['sessions.delete', { key }],
    ])
  })

  it('describe, history and usage', async () => {
    expect((await oc.sessions.describe({ key }))?.label).toBe('renamed 321e67')
    expect(await oc.sessions.history({ key, limit: 10 })).toMatchObject({ sessionKey: key, messages: [] })
    expect(transport.calls).toEqual([
      ['sessions.describe', { key }],
      ['chat.history', { sessionKey: key, limit: 10 }],
    ])
  })

  it('a model that is not allowed is an error that says so', async () => {
    await expect(oc.sessions.patch({ key, model: 'fake/zzz' })).rejects.toThrow('model not allowed: fake/zzz')
  })

  it('a handle does it all with its key', async () => {
    const session = await oc.sessions.get(key)
    await session.abort('ghost')
    await session.abort()
    await session.patch({ label: 'renamed 321e67' })
    await session.compact({ maxLines: 200 })
    await session.compact()
    await session.history({ limit: 10 })
    await session.describe()
    await session.reset()
    await session.delete()
    expect(transport.calls).toEqual([
      ['sessions.abort', { key, runId: 'ghost' }],
      ['sessions.abort', { key }],
      ['sessions.patch', { key, label: 'renamed 321e67' }],
      ['sessions.compact', { key, maxLines: 200 }],
      ['sessions.compact', { key }],
      ['chat.history', { sessionKey: key, limit: 10 }],
      ['sessions.describe', { key }],
      ['sessions.reset', { key }],
      ['sessions.delete', { key }],
    ])
  })

  it.each([
    ['send', () => oc.sessions.send({ key: '', message: 'x' })],
    ['patch', () => oc.sessions.patch({ key: ' ', label: 'x' })],
    ['compact', () => oc.sessions.compact(undefined as never)],
    ['abort', () => oc.sessions.abort({})],
    ['history', () => oc.sessions.history({ key: 3 as unknown as string })],
    ['get', () => oc.sessions.get('')],
    ['delete', () => oc.sessions.delete({ key: '' })],
  ])('%s: an empty key is refused before anything is sent', async (name, call) => {
    await expect(call()).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining(`sessions.${name}`),
    })
    expect(transport.sent).toEqual([])
  })
})

describe('short session keys', () => {
  it('are made full by the Gateway where a transport tells no hello', async () => {
    const transport = new ClientTransport(
      [],
      {
        'sessions.resolve': ({ key: asked }) =>
          asked === 'main' ? { ok: true, key: 'agent:chief:main', agentId: 'chief' } : { ok: false },
        'sessions.describe': () => ({ session: null }),
      },
      null,
    )
    const oc = new OpenClaw({ transport })
    expect(await oc.sessions.describe({ key: 'main' })).toBeUndefined()
    await oc.sessions.describe({ key: 'notes' })
    expect(transport.calls).toEqual([
      ['sessions.resolve', { key: 'main', allowMissing: true }],
      ['sessions.describe', { key: 'agent:chief:main' }],
      ['sessions.resolve', { key: 'notes', allowMissing: true }],
      ['sessions.describe', { key: 'notes' }],
    ])
  })

  it('follow the Gateway’s own main session', async () => {
    const hello = { ...capturedHello, defaultAgentId: 'chief', mainSessionKey: 'global' }
    const oc = new OpenClaw({ transport: new ClientTransport([], {}, hello) })
    expect((await oc.sessions.get('main')).key).toBe('global')
    expect((await oc.sessions.get('notes')).key).toBe('agent:chief:notes')
    expect((await oc.sessions.get('main', { agentId: 'other' })).key).toBe('agent:other:main')
  })
})
