import { bindMethods, type CallContext, callMethod } from './bind-methods.ts'
import type { MethodRow } from './method.ts'
import { methodTables, type TableCalls } from './method-tables.ts'

/** Calls that do more than their row says: the class has them under the same name, and `callRow` sends the row. */
type Composed = 'createAction' | 'updateOutcome' | 'guard'

class Client {
  readonly #context: CallContext

  constructor(context: CallContext) {
    this.#context = context
  }

  static contextOf(this: void, self: object): CallContext {
    if (#context in self) return self.#context
    throw new TypeError('this call belongs to a DashClaw client: call it as claw.name(…), or bind it')
  }
}

bindMethods(Client.prototype, Object.values(methodTables), Client.contextOf)

const rows: Readonly<Record<string, MethodRow>> = Object.assign({}, ...Object.values(methodTables))

/** Sends one row as it stands, for a call that is composed around it. */
export function callRow<Name extends Composed>(
  context: CallContext,
  name: Name,
  ...args: Parameters<TableCalls[Name]>
): ReturnType<TableCalls[Name]> {
  const row = rows[name]
  if (row === undefined) throw new TypeError(`no row of the tables is called ${name}`)
  // The row's type says what the server answers; its answers are not checked again here.
  return callMethod(context, name, row, args) as ReturnType<TableCalls[Name]>
}

/** A client with every call of the tables but the composed ones. */
export const TableClient: new (context: CallContext) => Omit<TableCalls, Composed> =
  // The tables made the calls, on the prototype above.
  Client as unknown as new (context: CallContext) => Omit<TableCalls, Composed>
