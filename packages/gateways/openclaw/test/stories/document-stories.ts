import { expect } from 'vitest'
import * as blocks from '../document/blocks.ts'
import { type Story, story } from './story.ts'

/** The code blocks of the App SDK document, with names of a Gateway that is there. */
export const documentStories: readonly Story[] = [
  story('document-run', async (oc) => {
    const written: string[] = []
    const { run, result } = await blocks.runAnAgent(oc, {
      input: 'Say what the document says',
      model: 'scripted/plain',
      write: (text) => written.push(text),
    })
    expect(written.join('')).toBe('what the document sayscompleted\n')
    expect(result).toMatchObject({ runId: run.id, status: 'completed', sessionKey: 'agent:main:main' })
    const seen = await blocks.readFastRun(oc, 'Say so again')
    expect(seen.at(-1)).toMatchObject({ type: 'run.completed' })
    for (const field of ['workspace', 'runtime', 'environment', 'approvals'] as const)
      await expect(blocks.runWithUnsupported(oc, field)).rejects.toMatchObject({
        code: 'unsupported_by_gateway',
      })
  }),

  story('document-session', async (oc) => {
    const { session, run, result } = await blocks.createSession(oc, { message: 'Say the notes' })
    expect(result).toMatchObject({ status: 'completed', text: 'the notes', sessionKey: session.key })
    await blocks.useSession(session, run)
    expect(await session.describe()).toMatchObject({ label: 'renamed-session' })
  }),

  story('document-events', async (oc) => {
    const reading = blocks.readFirstEvents(oc)
    const run = await oc.runs.create({
      input: 'Say first',
      agentId: 'main',
      sessionKey: 'agent:main:document-events',
    })
    const { event, raw } = await reading
    expect(event).toMatchObject({ version: 1, type: expect.any(String) as string })
    expect(raw).toMatchObject({ event: expect.any(String) as string })
    await run.wait({ timeoutMs: 150_000 })
  }),

  story('document-resources', async (oc, { open }) => {
    const person = await open({ reviewer: true })
    await blocks.useModels(oc)
    const { run } = await blocks.runAnAgent(oc, {
      input: 'Say hi',
      model: 'scripted/plain',
      write: () => true,
    })
    expect(await blocks.useTools(oc)).toMatchObject({ ok: false, error: { code: 'not_found' } })
    const sessionKey = 'agent:main:document-resources'
    const picture = await oc.runs.create({
      input: '[[tool:read {"path":"crab.png"}]]',
      agentId: 'main',
      model: 'scripted/eyes',
      sessionKey,
    })
    await picture.wait({ timeoutMs: 150_000 })
    expect(await blocks.useArtifacts(oc, sessionKey)).toMatchObject({ encoding: 'base64' })
    expect(await blocks.useArtifacts(oc, 'agent:main:nobody')).toBeUndefined()
    expect(await blocks.useEnvironments(oc)).toMatchObject({ id: 'gateway', status: 'available' })
    await expect(blocks.createEnvironment(oc)).rejects.toMatchObject({ code: 'unsupported_by_gateway' })
    await expect(blocks.deleteEnvironment(oc)).rejects.toMatchObject({ code: 'gateway' })
    const { tasks } = await oc.tasks.list({ sessionKey: 'main' })
    const task = tasks.find((found) => found.runId === run.id)
    expect((await blocks.useTasks(oc, task?.id)).tasks.map((found) => found.id)).toContain(task?.id)

    const approval = await oc.approvals.request({ title: 'Deploy', description: 'as the document asks' })
    expect((await blocks.listApprovals(person)).map((found) => found.id)).toContain(approval.id)
    await blocks.respondToApproval(person, approval.id)
    expect(await approval.wait()).toMatchObject({ allowed: true })
  }),
]
