import type { ClawEvent, GatewayRun, RunResult } from '@pincer/protocol'

import { resultOf } from './stream-result.ts'
import { within } from './stream-wait.ts'

const answerMs = 10_000
const graceMs = 2_000

/** Whose outcome is asked for, and for how long. */
export interface RunOutcomeOptions {
  /** The run's handle, which changes where the run is found again. */
  readonly run: () => GatewayRun
  /** Aborted where nobody reads the run any more. */
  readonly reading: AbortSignal
  /** Aborted where the run is to be cancelled; what waits then throws its reason. */
  readonly stop: AbortSignal
}

/** What the gateway says that a run came to, which is remembered once it is known. */
export class RunOutcome {
  readonly #options: RunOutcomeOptions
  #result: RunResult | undefined
  #isAsking = false
  #failure: { readonly since: number; readonly cause: unknown } | undefined

  constructor(options: RunOutcomeOptions) {
    this.#options = options
  }

  get isKnown(): boolean {
    return this.#result !== undefined
  }

  /** Since when every question has failed, in milliseconds of `performance.now()`, and how; `undefined` where the last one has not. */
  get failure(): { readonly since: number; readonly cause: unknown } | undefined {
    return this.#failure
  }

  /** Notes that the gateway was heard of. */
  heard(): void {
    this.#failure = undefined
  }

  /** Asks in the background, once at a time. */
  async ask(): Promise<void> {
    if (this.#isAsking || this.isKnown) return
    this.#isAsking = true
    try {
      this.#keep(await this.#options.run().wait({ signal: this.#options.reading }))
      this.heard()
    } catch (cause) {
      // The events may still tell; it is asked again.
      this.#failure = { since: this.#failure?.since ?? performance.now(), cause }
    }
    this.#isAsking = false
  }

  /** Asks whether the run is over; false where the gateway does not tell. */
  async find(): Promise<boolean> {
    try {
      if (!this.isKnown) this.#keep(await this.#wait(1))
    } catch {
      this.#options.stop.throwIfAborted()
    }
    return this.isKnown
  }

  /**
   * What the run came to; `end` is its last event, which says as much, but for calls that are left to the caller.
   *
   * @throws GatewayError where there are such calls, and the gateway does not tell them
   */
  async result(end: ClawEvent | undefined): Promise<RunResult> {
    try {
      if (!this.isKnown) this.#keep(await this.#wait(answerMs))
    } catch (error) {
      this.#options.stop.throwIfAborted()
      if (end?.type === 'run.completed' && end.data.stopReason === 'tool_calls') throw error
    }
    return this.#result ?? resultOf(this.#options.run(), end)
  }

  // Not every gateway keeps its time.
  #wait(timeoutMs: number): Promise<RunResult> {
    const { run, reading: signal, stop } = this.#options
    return within(run().wait({ timeoutMs, signal }), timeoutMs + graceMs, stop)
  }

  #keep(result: RunResult): void {
    if (result.status !== 'accepted') this.#result = result
  }
}
