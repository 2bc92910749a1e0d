import type { Risk, ToolDescription } from '@pincer/protocol'

const risks: ReadonlySet<unknown> = new Set<Risk>(['low', 'medium', 'high', 'critical'])

/** Reads the answer of `tools.catalog`, which tells of no schemas. */
export function parseCatalog(payload: any): ToolDescription[] {
  const groups: readonly any[] = Array.isArray(payload?.groups) ? payload.groups : []
  return groups.flatMap((group) => {
    const tools: readonly any[] = Array.isArray(group?.tools) ? group.tools : []
    return tools.flatMap((tool): ToolDescription[] => {
      if (typeof tool?.id !== 'string' || tool.id === '') return []
      const source = tool.pluginId ?? tool.source
      return [
        {
          name: tool.id,
          ...(typeof tool.description === 'string' ? { description: tool.description } : {}),
          ...(risks.has(tool.risk) ? { risk: tool.risk } : {}),
          ...(typeof source === 'string' ? { source } : {}),
        },
      ]
    })
  })
}
