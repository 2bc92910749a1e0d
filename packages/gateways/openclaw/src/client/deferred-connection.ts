import type { Connection } from '../connection/connection.ts'

/**
 * The same connection, whose subscriptions wait until it is open: by themselves they would open it, and look for a Gateway for ever.
 *
 * @param tellsOpen - Whether its transport tells when it is open; where it does not, the first call stands for that.
 */
export function deferSubscriptions(connection: Connection, tellsOpen: boolean): Connection {
  let waiting: Set<() => void> | undefined = new Set()

  function begin(): void {
    const begins = waiting ?? []
    waiting = undefined
    stopListening?.()
    for (const subscribe of begins) subscribe()
  }

  async function use<Result>(call: () => Promise<Result>): Promise<Result> {
    if (waiting === undefined) return call()
    if (!tellsOpen) begin()
    const result = await call()
    begin()
    return result
  }

  let stopListening: (() => void) | undefined
  const stop = connection.onConnection((change) => {
    if (change.status === 'connected') begin()
  })
  stopListening = stop
  // It may have been open already.
  if (waiting === undefined) stop()

  return {
    connect: () => use(() => connection.connect()),
    request: (rpc, params, options) => use(() => connection.request(rpc, params, options)),
    subscribe(listener) {
      if (waiting === undefined) return connection.subscribe(listener)
      let unsubscribe: (() => void) | undefined
      const subscribe = (): void => {
        unsubscribe = connection.subscribe(listener)
      }
      waiting.add(subscribe)
      return () => {
        waiting?.delete(subscribe)
        unsubscribe?.()
      }
    },
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
