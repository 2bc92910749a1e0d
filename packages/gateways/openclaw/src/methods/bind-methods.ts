import type { Connection } from '../connection/connection.ts'
import type { GatewayRequestOptions } from '../transport/transport.ts'
import type { Calls, Method } from './method.ts'

/** A category's table: rows by the name of the call. */
export type MethodTable = Readonly<Record<string, Method<unknown, unknown>>>

/** Makes the typed calls of a table: each sends its row's method over the connection. */
export function bindMethods<Table extends MethodTable>(table: Table, connection: Connection): Calls<Table> {
  const calls = Object.entries(table).map(([name, method]) => [
    name,
    (params?: unknown, options?: GatewayRequestOptions) =>
      connection.request(method.rpc, params ?? {}, options),
  ])
  // The row's types say what the Gateway answers; its answers are not checked again here.
  return Object.fromEntries(calls) as Calls<Table>
}
