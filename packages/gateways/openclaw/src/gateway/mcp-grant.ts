import { GatewayError } from '@pincer/protocol'
import type { Calls, Request } from './calls.ts'
import { parseGrant } from './parse-grant.ts'

/** Access to the Gateway's MCP server, for one session and one hour. */
export interface McpGrant {
  readonly url: URL
  readonly token: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/**
 * Asks the Gateway for access to its MCP server.
 *
 * @throws GatewayError 403 where the connection lacks operator.admin; 502 for an address that is not on the Gateway's loopback.
 */
export async function requestGrant(calls: Calls, sessionKey: string | undefined): Promise<McpGrant> {
  const answer = await calls.request('attach.grant', sessionKey === undefined ? {} : { sessionKey })
  const grant = parseGrant(answer)
  // The Gateway's MCP server listens on loopback: a token of it is sent nowhere else.
  if (grant === undefined || !isLoopback(grant.url)) {
    throw new GatewayError(
      'attach.grant: the Gateway answered without the loopback address of its MCP server',
      {
        status: 502,
        gatewayCode: 'mcp_address',
      },
    )
  }
  return grant
}

/** Takes access back; where the Gateway cannot be told, it ends by itself within the hour. */
export async function revokeGrant(request: Request, { token }: McpGrant): Promise<void> {
  await request('attach.revoke', { token }, { timeoutMs: 2000 }).catch(() => {})
}

/** Whether an address is of this machine. */
export function isLoopback({ hostname }: URL): boolean {
  return /^(?:127(?:\.\d{1,3}){3}|\[::1\]|localhost)$/.test(hostname)
}
