import { expect } from 'vitest'
import { soon } from './soon.ts'
import { type Story, story } from './story.ts'
import { readWholeRun } from './whole-run.ts'

/** Everything a Gateway lists. */
export const resourceStories: readonly Story[] = [
  story('hello', async (oc) => {
    expect(oc.hello).toMatchObject({ version: '2026.9.6', protocol: 4, defaultAgentId: 'main' })
    expect(oc.hello?.mainSessionKey).toBe('agent:main:main')
    expect(oc.hello?.scopes).toContain('operator.admin')
    expect(oc.hello?.methods).toContain('agent')
    await oc.connect() // open already
    const { agents, defaultId } = await oc.agents.list()
    expect(defaultId).toBe('main')
    expect(agents.map((agent) => agent.id)).toEqual(['main'])
  }),

  story('models', async (oc) => {
    const { models } = await oc.models.list()
    const names = models.map(({ provider, id }) => `${provider}/${id}`)
    expect(names).toEqual(expect.arrayContaining(['scripted/plain', 'scripted/thinker', 'scripted/eyes']))
    const { providers } = await oc.models.status({ probe: false })
    expect(Array.isArray(providers)).toBe(true)
  }),

  story('tools', async (oc) => {
    const { groups } = await oc.tools.list()
    expect(groups.flatMap((group) => group.tools.map((tool) => tool.id))).toContain('exec')
    // A short key of a session that is there: the Gateway itself takes full ones only.
    await (
      await oc.runs.create({ input: 'Say hi', agentId: 'main', sessionKey: 'main' })
    ).wait({ timeoutMs: 150_000 })
    const effective = await oc.tools.effective({ sessionKey: 'main' })
    expect(effective.agentId).toBe('main')
    const invoked = await oc.tools.invoke('session_status', { args: {}, sessionKey: 'main' })
    expect(invoked).toMatchObject({ ok: true, toolName: 'session_status' })
    expect(await oc.tools.invoke('no_such_tool', { sessionKey: 'main' })).toMatchObject({
      ok: false,
      error: { code: 'not_found' },
    })
  }),

  story('artifacts', async (oc) => {
    const sessionKey = 'agent:main:artifacts'
    const run = await oc.runs.create({
      input: '[[tool:read {"path":"crab.png"}]]',
      agentId: 'main',
      model: 'scripted/eyes',
      sessionKey,
    })
    expect(await run.wait({ timeoutMs: 150_000 })).toMatchObject({ status: 'completed' })
    const { artifacts } = await oc.artifacts.list({ sessionKey })
    expect(artifacts).toMatchObject([{ type: 'image', mimeType: 'image/png' }])
    // The document's call: the Gateway itself does not find a run's artifacts by the run alone.
    expect((await oc.artifacts.list({ runId: run.id })).artifacts).toEqual(artifacts)
    const [first] = artifacts
    const { artifact } = await oc.artifacts.get(first?.id ?? '', { sessionKey })
    expect(artifact).toEqual(first)
    const download = await oc.artifacts.download(artifact.id, { sessionKey })
    expect(download.encoding).toBe('base64')
    expect(
      Buffer.from(download.data ?? '', 'base64')
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG')
    await expect(oc.artifacts.get('ghost', { sessionKey })).rejects.toMatchObject({ status: 404 })
    expect((await oc.artifacts.list({ sessionKey: 'agent:main:nobody' })).artifacts).toEqual([])
  }),

  story('environments', async (oc) => {
    const { environments } = await oc.environments.list()
    expect(environments).toMatchObject([{ id: 'gateway', type: 'local', status: 'available' }])
    expect(await oc.environments.status(environments[0]?.id ?? '')).toMatchObject({ id: 'gateway' })
  }),

  story('tasks', async (oc) => {
    const sessionKey = 'agent:main:tasks'
    const run = await oc.runs.create({ input: '[[slow:200]] [[words:60]]', agentId: 'main', sessionKey })
    for await (const event of run.events()) if (event.type === 'assistant.delta') break
    const { tasks } = await oc.tasks.list({ sessionKey })
    expect(tasks).toMatchObject([{ runId: run.id, status: 'running', sessionKey }])
    const id = tasks[0]?.id ?? ''
    expect((await oc.tasks.get(id)).task).toMatchObject({ id, runId: run.id })
    expect(await oc.tasks.cancel(id, { reason: 'the story is over' })).toMatchObject({
      found: true,
      cancelled: true,
    })
    expect(await run.wait({ timeoutMs: 150_000 })).toMatchObject({ status: 'cancelled' })
    expect((await readWholeRun(run)).at(-1)?.type).toBe('run.cancelled')
    expect((await oc.tasks.get(id)).task.status).toBe('cancelled')
    expect(await oc.tasks.cancel('ghost')).toMatchObject({ found: false, cancelled: false })
  }),

  story('usage-and-audit', async (oc) => {
    const sessionKey = 'agent:main:usage-and-audit'
    const run = await oc.runs.create({ input: 'Say counted', agentId: 'main', sessionKey })
    const { usage } = await run.wait({ timeoutMs: 150_000 })
    const { points } = await oc.usage.timeseries({ key: sessionKey })
    expect(points).toMatchObject([{ output: usage?.outputTokens, totalTokens: usage?.totalTokens }])
    expect((await oc.usage.logs({ key: sessionKey })).logs.map((row) => row.role)).toEqual([
      'user',
      'assistant',
    ])
    expect((await oc.usage.cost()).totals).toHaveProperty('totalCost')
    expect((await oc.usage.status()).providers).toEqual([])
    // The audit is written a moment after the run has ended.
    const actions = await soon(async () => {
      const { events } = await oc.audit.list({ runId: run.id })
      const found = events.map((event) => event.action)
      return found.includes('agent.run.finished') ? found : undefined
    })
    expect(actions).toContain('agent.run.started')
    expect(await oc.audit.inspect({ runId: run.id })).toMatchObject({ run: { runId: run.id } })
  }),
]
