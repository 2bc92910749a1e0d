import { describe, expect, it } from 'vitest'
import { OpenClaw, type OpenClawOptions } from '../src/index.ts'
import { ClientTransport, readFixtureEvents, Refusal } from './client-transport.ts'

describe('OpenClaw', () => {
  it('opens nothing before the first call', () => {
    const transport = new ClientTransport()
    const oc = new OpenClaw({ transport })
    expect(oc.hello).toBeUndefined()
    expect([transport.sent, transport.opened]).toEqual([[], 0])
  })

  it('connect opens it', async () => {
    const transport = new ClientTransport()
    const oc = new OpenClaw({ transport })
    await oc.connect()
    expect([transport.sent, transport.opened]).toEqual([[], 1])
    expect(oc.hello?.version).toBe('2026.9.6')
  })

  it('request: any method, with the error of the Gateway', async () => {
    const transport = new ClientTransport(['agents'])
    const oc = new OpenClaw({ transport })
    expect((await oc.request('agents.list')).defaultId).toBe('main')
    expect(transport.calls).toEqual([['agents.list', {}]])
    await expect(oc.request('no.such.method', { a: 1 })).rejects.toMatchObject({
      name: 'GatewayError',
      status: 404,
      message: expect.stringContaining('unknown method: no.such.method'),
    })
    await expect(oc.request('')).rejects.toMatchObject({ status: 400 })
  })

  it('a missing scope is an error that names it', async () => {
    const details = {
      code: 'MISSING_SCOPE',
      missingScope: 'operator.admin',
      requiredScopes: ['operator.admin'],
    }
    const transport = new ClientTransport([], {
      'agents.create': () => {
        throw new Refusal('missing scope: operator.admin', details, 'FORBIDDEN')
      },
    })
    await expect(new OpenClaw({ transport }).agents.create({ name: 'x' })).rejects.toMatchObject({
      status: 403,
      gatewayCode: 'MISSING_SCOPE',
      message: expect.stringContaining('operator.admin'),
    })
  })

  it('events and rawEvents tell from now on, and end with the client', async () => {
    const transport = new ClientTransport()
    const oc = new OpenClaw({ transport })
    const events = collect(oc.events())
    const raw = collect(oc.rawEvents())
    const filtered = collect(oc.rawEvents({ filter: (event) => event.event === 'chat' }))
    const byFunction = collect(oc.rawEvents((event) => event.event === 'chat'))
    const told = readFixtureEvents('agent-run-text')
    await turn()
    for (const event of told) transport.tell(event)
    await turn()
    await oc.close()
    expect((await raw).map(({ event }) => event)).toEqual(told.map(({ event }) => event))
    const chats = told.filter(({ event }) => event === 'chat')
    expect(chats.length).toBeGreaterThan(0)
    expect(await filtered).toHaveLength(chats.length)
    expect(await byFunction).toHaveLength(chats.length)
    const types = (await events).map(({ type }) => type)
    expect(types).toContain('run.started')
    expect(types.filter((type) => type === 'run.completed')).toHaveLength(1)
  })

  it('session.events: those of the session only', async () => {
    const transport = new ClientTransport()
    const oc = new OpenClaw({ transport })
    const told = readFixtureEvents('agent-run-text')
    const sessionKey = told
      .map(({ payload }) => (payload as { sessionKey?: string }).sessionKey)
      .find((key) => key !== undefined)
    const session = await oc.sessions.get(sessionKey ?? '')
    const other = await oc.sessions.get('other')
    const [own, none] = [collect(session.events()), collect(other.events())]
    await turn()
    for (const event of told) transport.tell(event)
    await turn()
    await oc.close()
    expect((await own).length).toBeGreaterThan(2)
    expect((await own).every((event) => event.sessionKey === sessionKey)).toBe(true)
    expect(await none).toEqual([])
  })

  it('close: once, also through `await using`, and nothing goes out after it', async () => {
    const transport = new ClientTransport(['agents'])
    let kept: OpenClaw
    {
      await using oc = new OpenClaw({ transport })
      kept = oc
      await oc.agents.list()
      await oc.close()
    }
    expect(transport.closed).toBe(1)
    await expect(kept.agents.list()).rejects.toMatchObject({ code: 'closed' })
    expect(transport.sent).toHaveLength(1)
  })

  it.each([
    [{ urll: 'ws://127.0.0.1:18789' }, 'urll'],
    [{ url: 'ftp://x' }, 'url'],
    [{ transport: {} }, 'transport'],
    [{ url: 'ws://127.0.0.1:1', token: '' }, 'token'],
    [{ url: 'ws://127.0.0.1:1', requestTimeoutMs: -1 }, 'requestTimeoutMs'],
  ])('wrong options %j are refused by name', (options, name) => {
    expect(() => new OpenClaw(options as never)).toThrowError(
      expect.objectContaining({ code: 'invalid_option', message: expect.stringContaining(name) }),
    )
  })

  it('nobody at the address is an error that says what to do', async () => {
    await using oc = new OpenClaw({ url: 'ws://127.0.0.1:9', token: 'secret-token', connectTimeoutMs: 300 })
    const error: unknown = await oc.connect().catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'GatewayError', status: 503, retryable: true })
    expect(String(error)).not.toContain('secret-token')
  })
})

async function collect<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const found: Item[] = []
  for await (const item of items) found.push(item)
  return found
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

it.each([
  [{ scopes: ['operator.read', 'read'] }, 'scopes: a string "read" is none'],
  [
    { scopes: ['operator.read'], reviewer: true },
    'reviewer: is shown nothing without the scope operator.admin',
  ],
  [{ normalize: 'no' }, 'normalize: expected true or false'],
  [{ tokne: 'secret' }, 'tokne: not an option of OpenClaw; did you mean `token`?'],
])('refuses %j', (options, message) => {
  expect(() => new OpenClaw({ url: 'ws://127.0.0.1:1', ...options } as OpenClawOptions)).toThrow(message)
})
