import type { LocalGateway } from './complete-gateway.ts'
import type { PolicyBook } from './guard/policy-book.ts'

/** A gateway as the program that runs it holds it: with its policies. */
export interface ServedGateway extends LocalGateway {
  readonly policies: PolicyBook
}

/** A gateway that listens. */
export interface RunningGateway {
  /** Where it listens, such as `http://127.0.0.1:7462`. */
  readonly url: string
  readonly port: number
  /** The same gateway inside this process. */
  readonly gateway: ServedGateway
  /** Takes no new connections, finishes requests under way (at most 5 s), ends streams and closes the database; safe to call twice. */
  readonly close: () => Promise<void>
}
