import { expect } from 'vitest'
import { type Story, story } from './story.ts'
import { countTypes, onlyOne, readWholeRun } from './whole-run.ts'

/** Providers that fail, and calls that the Gateway refuses. */
export const failureStories: readonly Story[] = [
  story(
    'provider-500',
    async (oc) => {
      const run = await oc.runs.create({
        input: '[[error:500]]',
        agentId: 'main',
        sessionKey: 'agent:main:provider-500',
      })
      const events = await readWholeRun(run)
      // Retried up to eight times, told as one run.
      expect(countTypes(events)).toMatchObject({ 'run.started': 1, 'run.failed': 1 })
      expect(onlyOne(events, 'run.failed').error.message).not.toBe('')
      expect(await run.wait()).toMatchObject({ status: 'failed' })
    },
    { slow: true },
  ),

  story(
    'provider-cut',
    async (oc) => {
      const run = await oc.runs.create({
        input: '[[cut]] [[words:20]]',
        agentId: 'main',
        sessionKey: 'agent:main:provider-cut',
      })
      const events = await readWholeRun(run)
      expect(countTypes(events)).toMatchObject({ 'run.started': 1, 'run.failed': 1 })
      expect(await run.wait()).toMatchObject({ status: 'failed' })
    },
    { slow: true },
  ),

  story('provider-401', async (oc) => {
    // A provider of its own: the key is put aside for a minute.
    const run = await oc.runs.create({
      input: '[[error:401]]',
      agentId: 'main',
      model: 'refusing/plain',
      sessionKey: 'agent:main:provider-401',
    })
    const events = await readWholeRun(run)
    expect(onlyOne(events, 'run.failed').error.message).toContain('401')
    expect(await run.wait()).toMatchObject({ status: 'failed' })
  }),

  story('refused-calls', async (oc, { open }) => {
    await expect(oc.request('no.such.method')).rejects.toMatchObject({ code: 'gateway', status: 404 })
    await expect(oc.runs.create({ input: 'Say hi', agentId: 'ghost' })).rejects.toMatchObject({ status: 404 })
    await expect(oc.sessions.send({ key: 'agent:main:ghost', message: 'Say hi' })).rejects.toMatchObject({
      status: 404,
      retryable: false,
    })
    await expect(oc.sessions.resolve({ key: 'agent:main:ghost' })).rejects.toMatchObject({ status: 404 })
    await expect(oc.tasks.get('ghost')).rejects.toMatchObject({ status: 404 })
    await expect(oc.environments.status('ghost')).rejects.toMatchObject({ code: 'gateway' })
    for (const field of ['workspace', 'runtime', 'environment', 'approvals'] as const)
      await expect(
        oc.runs.create({ input: 'Say hi', agentId: 'main', [field]: field === 'approvals' ? 'ask' : {} }),
      ).rejects.toMatchObject({ code: 'unsupported_by_gateway' })

    const reader = await open({ scopes: ['operator.read'] })
    await expect(reader.runs.create({ input: 'Say hi', agentId: 'main' })).rejects.toMatchObject({
      status: 403,
      gatewayCode: 'MISSING_SCOPE',
      message: expect.stringContaining('operator.write') as string,
    })
    expect((await reader.sessions.list({ limit: 1 })).count).toBeLessThanOrEqual(1)
  }),
]
