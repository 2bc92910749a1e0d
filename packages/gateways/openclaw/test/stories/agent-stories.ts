import { expect } from 'vitest'
import { soon } from './soon.ts'
import { type Story, story } from './story.ts'

/** Making and unmaking agents: from the second one on the Gateway asks whose each call is. */
export const agentStories: readonly Story[] = [
  story(
    'agents',
    async (oc) => {
      const listed = async (): Promise<readonly string[]> =>
        (await oc.agents.list()).agents.map((agent) => agent.id).sort()
      const { agentId } = await oc.agents.create({ name: 'Shore Crab', model: 'scripted/thinker' })
      expect(agentId).toBe('shore-crab')
      // The Gateway reads its own configuration again after each change.
      await soon(async () => (await listed()).join() === 'main,shore-crab' || undefined)
      const agent = await oc.agents.get('shore-crab')
      const run = await agent.run('Say from the shore')
      expect(await run.wait({ timeoutMs: 150_000 })).toMatchObject({
        status: 'completed',
        text: 'from the shore',
        usage: { model: 'thinker' },
      })
      await oc.agents.update({ agentId, name: 'Beach Crab', model: 'scripted/plain' })
      await soon(async () => (await agent.identity()).name === 'Beach Crab' || undefined)
      const session = await oc.sessions.create({ agentId, key: 'on-the-beach', label: 'on the beach' })
      expect(session.key).toBe('agent:shore-crab:on-the-beach')
      const again = await session.send('Say again')
      expect(await again.wait({ timeoutMs: 150_000 })).toMatchObject({ status: 'completed', text: 'again' })
      await oc.agents.delete({ agentId, deleteFiles: true })
      await soon(async () => (await listed()).join() === 'main' || undefined)
      await expect(oc.agents.delete({ agentId: 'main' })).rejects.toMatchObject({
        code: 'gateway',
        status: 400,
      })
    },
    { own: true },
  ),
]
