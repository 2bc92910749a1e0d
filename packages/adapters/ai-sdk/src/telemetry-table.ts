import type { Claw, Run } from '@pincer/core'

import type { PendingCall } from './convert-approval.ts'
import type { Operation } from './telemetry-operation.ts'

const mostOperations = 10_000
const mostPaused = 1_000
// How many operations are looked at whenever one starts: more than one, so that those that have ended become fewer.
const lookedAt = 2

/** A run that waits for answers, by the ids of its questions. */
export interface PausedRun {
  readonly run: Run
  readonly pending: Map<string, PendingCall>
  readonly counted: Set<string>
}

/**
 * The operations of one client that have started and not ended, and the runs that wait for an answer; both are bounded.
 *
 * Of a stream that nobody reads any further no hook tells: core ends its run when nothing has happened for long enough,
 * and the operation goes when others start.
 */
export class OperationTable {
  readonly #operations = new Map<string, Operation>()
  readonly #paused = new Map<string, PausedRun>()
  readonly #held = new Map<string, (toolCallId: string | undefined) => void>()

  /** True where an operation with this id of the AI SDK's has started. */
  has(callId: string): boolean {
    return this.#operations.has(callId) || this.#held.has(callId)
  }

  /**
   * The operation with this id.
   *
   * @param toolCallId the call that is executed now, which tells a held operation what it goes on with
   */
  get(callId: string, toolCallId?: string): Operation | undefined {
    const begin = this.#held.get(callId)
    if (begin !== undefined) {
      this.#held.delete(callId)
      begin(toolCallId)
    }
    return this.#operations.get(callId)
  }

  /** Keeps the start of an operation back until the next is told of it. */
  hold(callId: string, begin: (toolCallId: string | undefined) => void): void {
    this.#held.set(callId, begin)
    if (this.#held.size <= mostOperations) return
    for (const oldest of this.#held.keys()) {
      this.#held.delete(oldest)
      return
    }
  }

  /** Adds an operation that starts. */
  add(operation: Operation): void {
    this.#sweep()
    this.#operations.set(operation.callId, operation)
    if (this.#operations.size <= mostOperations) return
    for (const oldest of this.#operations.values()) {
      this.remove(oldest)
      oldest.abandon(`more than ${mostOperations} operations were open`)
      return
    }
  }

  /** Takes an operation out that has ended. */
  remove(operation: Operation): void {
    this.#operations.delete(operation.callId)
  }

  /** Keeps a run until its questions are answered by a later call. */
  pause(paused: PausedRun): void {
    for (const approvalId of paused.pending.keys()) this.#paused.set(approvalId, paused)
    if (this.#paused.size <= mostPaused) return
    for (const oldest of this.#paused.values()) {
      this.#drop(oldest, `more than ${mostPaused} questions waited for an answer`)
      return
    }
  }

  /** Takes out the run that asked this, to go on with it. */
  take(approvalId: string): PausedRun | undefined {
    const paused = this.#paused.get(approvalId)
    if (paused === undefined) return undefined
    this.#forget(paused)
    return paused.run.ended ? undefined : paused
  }

  /** Takes out the run that asked about this call, where only one has: models may count their calls. */
  takeByCall(toolCallId: string | undefined): PausedRun | undefined {
    const found = new Set<PausedRun>()
    for (const paused of this.#paused.values())
      for (const asked of paused.pending.values()) if (asked.toolCallId === toolCallId) found.add(paused)
    const [paused] = found
    if (paused === undefined || found.size > 1) return undefined
    this.#forget(paused)
    return paused.run.ended ? undefined : paused
  }

  /** Cancels the run that asked this. */
  drop(approvalId: string, reason: string): void {
    const paused = this.#paused.get(approvalId)
    if (paused !== undefined) this.#drop(paused, reason)
  }

  #drop(paused: PausedRun, reason: string): void {
    this.#forget(paused)
    const { run, pending } = paused
    if (run.ended) return
    for (const approvalId of pending.keys()) run.resume({ approvalId, status: 'cancelled', reason })
    run.cancel(reason)
  }

  #forget({ pending }: PausedRun): void {
    for (const approvalId of pending.keys()) this.#paused.delete(approvalId)
  }

  // Those that were looked at go to the end, and those that have ended go; an iterator that is kept would keep what it saw.
  #sweep(): void {
    let count = 0
    for (const operation of this.#operations.values()) {
      if (count++ === lookedAt) return
      this.#operations.delete(operation.callId)
      if (!operation.run.ended) this.#operations.set(operation.callId, operation)
    }
  }
}

const tables = new WeakMap<Claw, OperationTable>()

/** The table of a client, which all its telemetry shares, so that what several of them see is recorded once. */
export function operationTableOf(claw: Claw): OperationTable {
  let table = tables.get(claw)
  if (table === undefined) tables.set(claw, (table = new OperationTable()))
  return table
}
