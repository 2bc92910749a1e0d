import type { Risk } from '@pincer/protocol'

import { read } from './guard-context.ts'

/** How dangerous a tool says that it is, by its MCP annotations; the hints of a foreign server may raise a risk, never lower it. */
export function riskOf(tool: unknown): Risk | undefined {
  const annotations = read(read(tool, 'mcp'), 'annotations')
  if (read(annotations, 'destructiveHint') === true) return 'high'
  const isForeign = read(tool, 'mcpMetadata') !== undefined
  return read(annotations, 'readOnlyHint') === true && !isForeign ? 'low' : undefined
}

/** A gateway's risk as MCP annotations; what the gateway does not say is not said. */
export function annotationsOf(risk: Risk | undefined): { readonly destructiveHint?: boolean } {
  return risk === 'high' || risk === 'critical' ? { destructiveHint: true } : {}
}
