import type { AgentSummary } from '@pincer/protocol'

/** The agents of a Gateway, and which of them answers where none is named. */
export interface GatewayAgents {
  readonly defaultId: string
  readonly agents: readonly AgentSummary[]
}

/** Reads the answer of `agents.list`; rows without an id are left out. */
export function parseAgents(payload: any): GatewayAgents {
  const rows: readonly any[] = Array.isArray(payload?.agents) ? payload.agents : []
  const agents = rows.flatMap((row): AgentSummary[] => {
    if (typeof row?.id !== 'string' || row.id === '') return []
    const model = typeof row.model === 'string' ? row.model : row.model?.primary
    return [
      {
        agentId: row.id,
        ...(typeof row.name === 'string' && row.name !== '' ? { name: row.name } : {}),
        ...(typeof row.description === 'string' ? { description: row.description } : {}),
        ...(typeof model === 'string' ? { model } : {}),
      },
    ]
  })
  return { defaultId: typeof payload?.defaultId === 'string' ? payload.defaultId : 'main', agents }
}
