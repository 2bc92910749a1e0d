import type { FaultyGateway } from './gateway.ts'

/** What came of one case. */
export interface CaseOutcome {
  readonly calls: number
  /** Calls that stand whole in the gateway's database. */
  readonly arrived: number
  readonly twice: number
  /** Events that did not arrive, and those the client's own counts told of; absent where none may be lost. */
  readonly lost?: number
  readonly counted?: number
  /** Milliseconds per call as the host program saw it. */
  readonly msPerCall: number
  /** What is wrong; empty where all is well. */
  readonly misses: readonly string[]
}

/** One case of the fault story. */
export interface FaultCase {
  readonly name: string
  run(setting: FaultSetting): Promise<CaseOutcome>
}

/** What every case has at hand. */
export interface FaultSetting {
  readonly gateway: FaultyGateway
  /** Stands in every call of the case. */
  readonly name: string
  /** A file for a durable outbox that no other case uses. */
  readonly outboxPath: string
}
