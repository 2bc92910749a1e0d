import type { Connection } from '../connection/connection.ts'
import { bindMethods } from '../methods/bind-methods.ts'
import { sessionMethods } from '../methods/session-methods.ts'

/** Makes what asks the Gateway, once, to tell of its sessions; the connection asks again where it was lost. */
export function createSessionSubscription(connection: Connection): () => Promise<void> {
  const { subscribe } = bindMethods(sessionMethods, connection)
  let asked: Promise<void> | undefined

  async function ask(): Promise<void> {
    try {
      await subscribe()
    } catch {
      // Without the scope operator.read there are no events at all; every other call says so.
      asked = undefined
    }
  }

  return () => {
    asked ??= ask()
    return asked
  }
}
