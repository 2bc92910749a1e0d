import type { Calls } from './calls.ts'
import { parseAgents } from './parse-agents.ts'

/** Makes full session keys, such as `agent:main:support-42`, of the short ones that apps use. */
export interface SessionKeys {
  /**
   * The full key: `key` itself where it names its agent, else `agent:<agentId>:<key>`.
   *
   * An agent that the Gateway does not have (a framework's own name for its agent) counts as none: the default agent owns the session.
   */
  full(key: string, agentId?: string): Promise<string>
}

const keepMs = 60_000

/** @param owner the agent that owns sessions where none is named; the Gateway's default agent when absent. */
export function createSessionKeys(calls: Calls, owner: string | undefined): SessionKeys {
  let known: { readonly at: number; readonly agents: ReturnType<typeof parseAgents> } | undefined

  async function agents(): Promise<ReturnType<typeof parseAgents>> {
    if (known === undefined || performance.now() - known.at > keepMs) {
      known = { at: performance.now(), agents: parseAgents(await calls.request('agents.list', {})) }
    }
    return known.agents
  }

  return {
    async full(key, agentId) {
      if (key.startsWith('agent:') || key === 'global') return key
      if (agentId === undefined && owner !== undefined) return `agent:${owner}:${key}`.toLowerCase()
      const { defaultId, agents: listed } = await agents()
      const named = listed.some((agent) => agent.agentId === agentId) ? agentId : undefined
      return `agent:${named ?? owner ?? defaultId}:${key}`.toLowerCase()
    },
  }
}
