import { afterEach, describe, expect, it } from 'vitest'
import { OpenClaw } from '../src/index.ts'
import { ClientTransport } from './client-transport.ts'

const t1 = 'agent:main:t1'

describe('oc.tools', () => {
  const transport = new ClientTransport(['tools', 'g-tools-gated'])
  const oc = new OpenClaw({ transport })
  afterEach(() => transport.sent.splice(0))

  it('list: tools.catalog', async () => {
    const { agentId, groups } = await oc.tools.list()
    expect(transport.calls).toEqual([['tools.catalog', {}]])
    expect(agentId).toBe('main')
    expect(groups[0]?.tools[0]).toMatchObject({ id: 'ls', source: 'core' })
    await expect(oc.tools.list({ agentId: 'ghost' })).rejects.toMatchObject({ status: 404 })
  })

  it('effective: with the full key of a short one', async () => {
    const { profile, groups } = await oc.tools.effective({ sessionKey: 't1' })
    expect(transport.calls).toEqual([['tools.effective', { sessionKey: t1 }]])
    expect([profile, groups[0]?.tools.length]).toEqual(['full', expect.any(Number)])
  })

  it('effective: `main` is the main session, and one that does not exist is 404', async () => {
    await expect(oc.tools.effective({ sessionKey: 'main' })).rejects.toMatchObject({
      status: 404,
      message: expect.stringContaining('unknown session key "agent:main:main"'),
    })
    expect(transport.calls).toEqual([['tools.effective', { sessionKey: 'agent:main:main' }]])
  })

  it('invoke: the answer of the tool', async () => {
    const result = await oc.tools.invoke('session_status', { args: {}, sessionKey: 't1' })
    expect(transport.calls).toEqual([['tools.invoke', { name: 'session_status', args: {}, sessionKey: t1 }]])
    expect(result).toMatchObject({ ok: true, toolName: 'session_status', source: 'core' })
  })

  it('invoke: not there, not allowed and not approved are answers, not exceptions', async () => {
    expect(await oc.tools.invoke('no_such_tool', { args: {} })).toMatchObject({
      ok: false,
      error: { code: 'not_found' },
    })
    expect(await oc.tools.invoke('sessions_list', { args: {} })).toMatchObject({
      ok: false,
      error: { code: 'forbidden', message: 'blocked by kit gate' },
    })
    expect(await oc.tools.invoke('agents_list', { args: {}, confirm: false })).toMatchObject({
      ok: false,
      requiresApproval: true,
      error: { code: 'requires_approval' },
    })
  })

  it('invoke: waits for a person without a deadline, unless there is one', async () => {
    await oc.tools.invoke('agents_list', { args: {}, confirm: true })
    await oc.tools.invoke('agents_list', { args: {}, confirm: true }, { timeoutMs: 5000 })
    await oc.tools.invoke('agents_list', { args: {} })
    expect(transport.sent.map(({ options }) => options?.timeoutMs)).toEqual([null, 5000, undefined])
  })

  it('invoke: a wrong call is an exception', async () => {
    const wrong = { args: {}, sessionKey: t1, agentId: 'other' }
    await expect(oc.tools.invoke('session_status', wrong)).rejects.toMatchObject({
      name: 'GatewayError',
      message: expect.stringContaining('belongs to "main", not "other"'),
    })
    transport.sent.splice(0)
    await expect(oc.tools.invoke('')).rejects.toMatchObject({ status: 400 })
    await expect(oc.tools.effective({ sessionKey: '' })).rejects.toMatchObject({ status: 400 })
    expect(transport.sent).toEqual([])
  })

  it('commands: commands.list', async () => {
    expect((await oc.tools.commands({ includeArgs: false })).commands[0]?.name).toBe('help')
  })
})

describe('oc.models', () => {
  const transport = new ClientTransport(['models'])
  const oc = new OpenClaw({ transport })

  it('list: models.list', async () => {
    const { models } = await oc.models.list({ view: 'provider-config' })
    expect(models.map(({ id, input }) => [id, input])).toEqual([
      ['fake-1', ['text']],
      ['fake-2', ['text']],
    ])
    expect(transport.last('models.list')).toEqual({ view: 'provider-config' })
  })

  it('status: models.authStatus', async () => {
    const { providers } = await oc.models.status({ probe: false })
    expect(providers[0]).toMatchObject({ provider: 'fake', status: 'static', apiKey: { source: 'config' } })
    expect(transport.last('models.authStatus')).toEqual({ probe: false })
  })
})
