import type { Connection } from './connection/connection.ts'
import { bindMethods } from './methods/bind-methods.ts'
import { sessionMethods } from './methods/session-methods.ts'
import type { GatewayHello } from './transport/transport.ts'
import { checkText } from './check-param.ts'

/** Makes full keys of short ones, because only some of the Gateway's methods do. */
export interface SessionKeys {
  /**
   * The full key: `main` becomes the Gateway's main session, `notes` becomes `agent:<agent>:notes`.
   *
   * @param call - Name of the call, for the error.
   * @throws GatewayError 400 where the key is empty.
   */
  resolve(call: string, key: string, agentId?: string): Promise<string>
}

/** Tells a key that the Gateway takes as it is from a short one. */
function isFullSessionKey(key: string): boolean {
  return key.startsWith('agent:') || key === 'global'
}

/** The full key of a short one, as the Gateway that said `hello` makes it. */
function expandSessionKey(key: string, hello: GatewayHello, agentId?: string): string {
  if (isFullSessionKey(key)) return key
  const owner = agentId ?? hello.defaultAgentId
  if (owner === hello.defaultAgentId && key === 'main') return hello.mainSessionKey
  // The Gateway keeps keys in lower case.
  return `agent:${owner}:${key}`.toLowerCase()
}

/** Makes full session keys with what the Gateway's hello says; where a transport tells none, the Gateway is asked. */
export function createSessionKeys(connection: Connection): SessionKeys {
  const sessions = bindMethods(sessionMethods, connection)

  async function ask(key: string, agentId: string | undefined): Promise<string> {
    const found: unknown = await sessions.resolve({
      key,
      allowMissing: true,
      ...(agentId === undefined ? {} : { agentId }),
    })
    const full = typeof found === 'object' && found !== null && 'key' in found ? found.key : undefined
    return typeof full === 'string' && full !== '' ? full : key
  }

  return {
    async resolve(call, key, agentId) {
      checkText(`${call}: session key`, key, 'the key of a session, such as "main" or "agent:main:notes"')
      if (isFullSessionKey(key)) return key
      if (connection.hello === undefined) await connection.connect()
      return connection.hello === undefined
        ? ask(key, agentId)
        : expandSessionKey(key, connection.hello, agentId)
    },
  }
}
