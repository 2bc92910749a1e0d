import type { GatewayRequestOptions } from '../transport/transport.ts'
import type { Connection } from './connection.ts'

const most = 1_000
const begins: ReadonlySet<string> = new Set(['sessions.subscribe', 'sessions.messages.subscribe'])
const ends: ReadonlyMap<string, string> = new Map([
  ['sessions.unsubscribe', 'sessions.subscribe'],
  ['sessions.messages.unsubscribe', 'sessions.messages.subscribe'],
])

/** The same connection; what was subscribed over it is subscribed again whenever it comes back, because the Gateway forgets it. */
export function keepSubscriptions(connection: Connection): Connection {
  const kept = new Map<string, { readonly rpc: string; readonly params: unknown }>()

  async function note(rpc: string, params: unknown, options?: GatewayRequestOptions): Promise<unknown> {
    const answer = await connection.request(rpc, params, options)
    if (begins.has(rpc) && kept.size < most) kept.set(nameOf(rpc, params), { rpc, params })
    const begun = ends.get(rpc)
    if (begun !== undefined) kept.delete(nameOf(begun, params))
    return answer
  }

  connection.onConnection((change) => {
    if (change.status !== 'connected') return
    for (const { rpc, params } of kept.values()) {
      // A session that is gone, or rights that are, are told by the next call that needs them.
      connection.request(rpc, params).catch(() => undefined)
    }
  })

  return {
    connect: () => connection.connect(),
    // All other requests go through as they are: one promise less is felt where many are in flight.
    request: (rpc, params, options) =>
      begins.has(rpc) || ends.has(rpc)
        ? note(rpc, params, options)
        : connection.request(rpc, params, options),
    subscribe: (listener) => connection.subscribe(listener),
    onConnection: (listener) => connection.onConnection(listener),
    get hello() {
      return connection.hello
    },
    get closed() {
      return connection.closed
    },
    close: () => connection.close(),
  }
}

function nameOf(rpc: string, params: unknown): string {
  const key = typeof params === 'object' && params !== null && 'key' in params ? params.key : ''
  return `${rpc} ${String(key)}`
}
