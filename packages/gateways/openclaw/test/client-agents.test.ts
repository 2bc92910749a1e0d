import { afterEach, describe, expect, it } from 'vitest'
import { OpenClaw } from '../src/index.ts'
import { ClientTransport } from './client-transport.ts'

describe('oc.agents', () => {
  const transport = new ClientTransport(['agents'])
  const oc = new OpenClaw({ transport })
  afterEach(() => transport.sent.splice(0))

  it('list: agents.list', async () => {
    const { defaultId, agents } = await oc.agents.list()
    expect(transport.calls).toEqual([['agents.list', {}]])
    expect([defaultId, agents[0]?.id, agents[0]?.model?.primary]).toEqual(['main', 'main', 'fake/fake-1'])
  })

  it('create: agents.create, and the id that its name became', async () => {
    const params = { name: 'Kit Bot', workspace: '<home>/ws-kitbot', model: 'fake/fake-2' }
    expect((await oc.agents.create(params)).agentId).toBe('kit-bot')
    expect(transport.calls).toEqual([['agents.create', params]])
  })

  it('create: a name that is taken is an error that says so', async () => {
    await expect(oc.agents.create({ name: 'Kit Bot' })).rejects.toMatchObject({
      name: 'GatewayError',
      message: expect.stringContaining('agent "kit-bot" already exists'),
    })
  })

  it('update and delete: agents.update, agents.delete', async () => {
    const changes = { agentId: 'kit-bot', name: 'Kit Bot 2', model: 'fake/fake-1' }
    expect(await oc.agents.update(changes)).toEqual({ ok: true, agentId: 'kit-bot' })
    const gone = { agentId: 'kit-bot', deleteFiles: true }
    expect((await oc.agents.delete(gone)).removed?.length).toBe(7)
    expect(transport.calls).toEqual([
      ['agents.update', changes],
      ['agents.delete', gone],
    ])
    await expect(oc.agents.delete({ agentId: 'ghost' })).rejects.toMatchObject({ status: 404 })
  })

  it('get: a handle with its id and identity, without asking for it', async () => {
    const agent = await oc.agents.get('kit-bot')
    expect(agent.id).toBe('kit-bot')
    expect(transport.sent).toEqual([])
    expect(await agent.identity()).toMatchObject({ agentId: 'kit-bot', name: 'Kit Bot' })
    expect(transport.calls).toEqual([['agent.identity.get', { agentId: 'kit-bot' }]])
    expect(Object.isFrozen(agent)).toBe(true)
  })

  it.each([
    ['get', () => oc.agents.get('')],
    ['update', () => oc.agents.update({ agentId: ' ' })],
    ['delete', () => oc.agents.delete({ agentId: '' })],
    ['create', () => oc.agents.create({ name: '' })],
    ['run', async () => (await oc.agents.get('main')).run(7 as unknown as string)],
  ])('%s: an empty id, name or input is refused before anything is sent', async (_name, call) => {
    await expect(call()).rejects.toMatchObject({ name: 'GatewayError', status: 400 })
    expect(transport.sent).toEqual([])
  })

  it.each(['workspace', 'runtime', 'environment', 'approvals'])(
    'run: %s is refused before anything is sent',
    async (field) => {
      const agent = await oc.agents.get('main')
      await expect(agent.run({ input: 'x', [field]: {} })).rejects.toMatchObject({
        name: 'UnsupportedByGatewayError',
        message: expect.stringContaining(field),
      })
      expect(transport.sent).toEqual([])
    },
  )
})
