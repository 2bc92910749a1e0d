import type { GatewayRequestOptions } from '../transport/transport.ts'

/** The scopes that the Gateway grants to operators. */
export type OperatorScope =
  | 'operator.read'
  | 'operator.write'
  | 'operator.admin'
  | 'operator.approvals'
  | 'operator.questions'
  | 'operator.pairing'

/** One row of a table of methods: what it is called on the wire, and what it takes and gives. */
export interface Method<Params, Result, Rpc extends string = string> {
  /** Name on the wire, such as `agents.list`. */
  readonly rpc: Rpc
  /** The scope it needs; some parameters of a few methods need `operator.admin` beside it. */
  readonly scope: OperatorScope
  /** Carries the type of the parameters; never there at run time. */
  readonly params?: Params
  /** Carries the type of the result; never there at run time. */
  readonly result?: Result
}

/** The calls that a table of methods offers: parameters may be left out where none is required. */
export type Calls<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends Method<infer Params, infer Result>
    ? Record<never, never> extends Params
      ? (params?: Params, options?: GatewayRequestOptions) => Promise<Result>
      : (params: Params, options?: GatewayRequestOptions) => Promise<Result>
    : never
}
