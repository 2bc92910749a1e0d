import type { McpGrant } from './mcp-grant.ts'

/** Reads the answer of `attach.grant`; `undefined` for what is none. */
export function parseGrant(answer: any): McpGrant | undefined {
  const servers: readonly any[] = Object.values(answer?.mcpConfig?.mcpServers ?? {})
  const address = servers.find((server) => server?.type === 'http')?.url
  if (typeof address !== 'string' || !URL.canParse(address) || typeof answer.token !== 'string')
    return undefined
  return {
    url: new URL(address),
    token: answer.token,
    expiresAt: typeof answer.expiresAtMs === 'number' ? answer.expiresAtMs : Date.now() + 60_000,
  }
}
