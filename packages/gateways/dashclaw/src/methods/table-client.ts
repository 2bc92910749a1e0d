import { bindMethods, type CallContext } from './bind-methods.ts'
import { methodTables, type TableCalls } from './method-tables.ts'

/** Calls that do more than their row says: the class has them under the same name. */
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

/** A client with every call of the tables but the composed ones. */
export const TableClient: new (context: CallContext) => Omit<TableCalls, Composed> =
  // The tables made the calls, on the prototype above.
  Client as unknown as new (context: CallContext) => Omit<TableCalls, Composed>
