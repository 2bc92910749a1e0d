import {
  type AgentRunner,
  type ClawEvent,
  type GatewayError,
  type GatewayRun,
  isTerminalEvent,
  PincerError,
  type RunResult,
} from '@pincer/protocol'

import { runLost } from './stream-finish.ts'
import { isTold, type Position } from './stream-metadata.ts'

// How long nothing may be heard of a run before the gateway is asked whether it is over, and looked at again.
const quietMs = 1_000
const tickMs = 250
// What still comes after that answer comes at once.
const lastEventsMs = 500
const resultMs = 10_000
const pausesMs = [0, 100, 250, 500, 1_000, 1_500]

/** What reading the events of a run needs. */
export interface RunEventsOptions {
  readonly runner: AgentRunner
  readonly run: GatewayRun
  readonly agent: string
  readonly sessionKey: string | undefined
  /** What an earlier step has told of the run: it is passed over, but for questions to people. */
  readonly told?: Position | undefined
  /** Aborted where the run is to be cancelled. */
  readonly stop: AbortSignal
  /** True where the run was started with that signal, which cancels it. */
  readonly isStarted: boolean
}

/** What comes next of a run: an event, its end, or nothing yet. */
type Next = ClawEvent | 'over' | 'quiet'

/**
 * The events of one run, one at a time, for one reader who may leave at any time.
 *
 * A stream of events that breaks off is taken up again where it broke off; one that falls silent after the end of the run is left.
 */
export class RunEvents {
  readonly #options: RunEventsOptions
  readonly #reading = new AbortController()
  readonly #onStop: () => void
  #run: GatewayRun
  #iterator: AsyncIterator<ClawEvent> | undefined
  /** What was asked for and has not been handed out. */
  #coming: Promise<IteratorResult<ClawEvent>> | undefined
  #position: Position | undefined
  /** How many events without a place were handed out, and how many of them are told again. */
  #placeless = 0
  #retold = 0
  #failures = 0
  #result: RunResult | undefined
  #end: ClawEvent | undefined
  #isAsking = false
  #isReattached = false
  #waitingSince: number | undefined
  #wake: ((next: 'settled' | 'quiet' | { readonly reason: unknown }) => void) | undefined
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(options: RunEventsOptions) {
    this.#options = options
    this.#run = options.run
    this.#position = options.told
    this.#onStop = () => this.#stopped()
    if (options.stop.aborted) this.#stopped()
    else options.stop.addEventListener('abort', this.#onStop, { once: true })
  }

  /** The handle of the run. */
  get run(): GatewayRun {
    return this.#run
  }

  /** Aborted as soon as nobody reads any more. */
  get signal(): AbortSignal {
    return this.#reading.signal
  }

  /** @throws the reason of the stop signal, once it was aborted */
  throwIfStopped(): void {
    this.#options.stop.throwIfAborted()
  }

  /**
   * The next event; `over` once the run is, and `quiet` where none comes within `withinMs` milliseconds.
   *
   * @throws the reason of the stop signal; GatewayError `run_lost` where the events break off again and again
   */
  async next(withinMs?: number): Promise<Next> {
    for (;;) {
      this.#options.stop.throwIfAborted()
      if (this.#end !== undefined) return 'over'
      let failure: unknown
      try {
        this.#iterator ??= this.#run.events({ signal: this.#reading.signal })[Symbol.asyncIterator]()
        const found = await this.#read(this.#iterator, withinMs)
        if (found === 'quiet') return found
        if (found !== 'settled' && found.done !== true) {
          if (this.#take(found.value)) return found.value
          continue
        }
      } catch (error) {
        this.#options.stop.throwIfAborted()
        failure = error
      }
      // A run that is over may have told more than was heard of it, which another reading shows.
      const hasLookedAgain = this.#failures > 0
      if ((await this.#isOver()) && hasLookedAgain && failure === undefined) return 'over'
      await this.#attachAgain(failure)
    }
  }

  /**
   * What the run came to, once it is over.
   *
   * @throws GatewayError where the gateway does not tell
   */
  async result(): Promise<RunResult> {
    if (this.#result !== undefined) return this.#result
    try {
      const result = await this.#run.wait({ timeoutMs: resultMs, signal: this.#reading.signal })
      if (result.status !== 'accepted') return (this.#result = result)
    } catch (error) {
      this.#options.stop.throwIfAborted()
      if (this.#endsInCalls()) throw error
    }
    // The last event says as much, but for calls that are left to the caller.
    return resultOf(this.#run, this.#end)
  }

  /** Calls back once nobody reads any more; at once where nobody does. */
  onLeave(callback: () => void): void {
    if (this.#reading.signal.aborted) callback()
    else this.#reading.signal.addEventListener('abort', callback, { once: true })
  }

  /** Stops reading; the run goes on. */
  leave(): void {
    this.#options.stop.removeEventListener('abort', this.#onStop)
    clearInterval(this.#timer)
    this.#reading.abort(new DOMException('nobody reads the run any more', 'AbortError'))
    // Where it waits for an event it ends by the signal.
    void this.#iterator?.return?.()?.catch(() => {})
  }

  #take(event: ClawEvent): boolean {
    const { runId, type } = event
    if (runId !== undefined && runId !== this.#run.runId) return false
    if (isTerminalEvent(event)) this.#end = event
    if (event.seq === undefined && this.#retold > 0) {
      this.#retold--
      return this.#end !== undefined
    }
    // Whether a question is still open does not depend on who was told of it.
    if (isTold(event, this.#position)) return type === 'approval.requested' || this.#end !== undefined
    this.#failures = 0
    if (event.seq === undefined) this.#placeless++
    this.#position = advance(this.#position, event)
    return true
  }

  #read(
    iterator: AsyncIterator<ClawEvent>,
    withinMs: number | undefined,
  ): Promise<IteratorResult<ClawEvent> | 'settled' | 'quiet'> {
    const coming = (this.#coming ??= iterator.next())
    return new Promise((resolve, reject) => {
      this.#waitingSince = performance.now()
      this.#timer ??= setInterval(() => this.#tick(), tickMs)
      const late = withinMs === undefined ? undefined : setTimeout(() => this.#wake?.('quiet'), withinMs)
      let isDone = false
      const isFirst = (isTaken: boolean): boolean => {
        if (isDone) return false
        isDone = true
        clearTimeout(late)
        this.#waitingSince = this.#wake = undefined
        if (isTaken) this.#coming = undefined
        return true
      }
      this.#wake = (next) => {
        if (!isFirst(false)) return
        if (typeof next === 'object') reject(next.reason)
        else resolve(next)
      }
      coming.then(
        (found) => isFirst(true) && resolve(found),
        (error: unknown) => isFirst(true) && reject(error),
      )
    })
  }

  // Runs only while somebody waits for an event.
  #tick(): void {
    if (this.#waitingSince === undefined) {
      clearInterval(this.#timer)
      this.#timer = undefined
      return
    }
    const waitedMs = performance.now() - this.#waitingSince
    if (this.#result !== undefined && waitedMs >= lastEventsMs) this.#wake?.('settled')
    else if (waitedMs >= quietMs && !this.#isAsking) void this.#ask()
  }

  async #ask(): Promise<void> {
    this.#isAsking = true
    try {
      const result = await this.#run.wait({ signal: this.#reading.signal })
      if (result.status !== 'accepted') this.#result = result
    } catch {
      // The events may still tell; it is asked again.
    }
    this.#isAsking = this.#result !== undefined
  }

  async #isOver(): Promise<boolean> {
    if (this.#end !== undefined || this.#result !== undefined) return true
    try {
      const result = await this.#run.wait({ timeoutMs: 1, signal: this.#reading.signal })
      if (result.status !== 'accepted') this.#result = result
    } catch {
      this.#options.stop.throwIfAborted()
    }
    return this.#result !== undefined
  }

  async #attachAgain(cause: unknown): Promise<void> {
    const { runner, sessionKey, agent, stop } = this.#options
    const { runId } = this.#run
    if (isFinal(cause)) throw cause
    const pauseMs = pausesMs[this.#failures++]
    if (pauseMs === undefined) throw runLost(runId, agent, cause)
    await pause(pauseMs, stop)
    this.#iterator = this.#coming = undefined
    this.#retold = this.#placeless
    try {
      const known = { ...(sessionKey !== undefined && { sessionKey }), signal: this.#reading.signal }
      const found = await runner.get(runId, known)
      if (found === undefined) throw runLost(runId, agent, cause)
      this.#run = found
      this.#isReattached = true
    } catch (error) {
      stop.throwIfAborted()
      if (isFinal(error)) throw error
      await this.#attachAgain(error)
    }
  }

  #stopped(): void {
    const { reason } = this.#options.stop
    if (!this.#options.isStarted || this.#isReattached)
      // Nobody is left to tell where this fails; the run ends by its own time limit.
      void this.#run.cancel('the caller gave it up').catch(() => {})
    this.#wake?.({ reason })
    this.leave()
  }

  #endsInCalls(): boolean {
    return this.#end?.type === 'run.completed' && this.#end.data.stopReason === 'tool_calls'
  }
}

function advance(position: Position | undefined, { seq: at, ts: when }: ClawEvent): Position {
  const { seq = 0, ts = 0 } = position ?? {}
  // A later event in an earlier place: the gateway counts anew, as it may for another client.
  if (at !== undefined && at <= seq) return { seq: at, ts: Math.max(ts, when) }
  return { seq: Math.max(seq, at ?? 0), ts: Math.max(ts, when) }
}

// Asking again would not change these.
function isFinal(error: unknown): boolean {
  if (!PincerError.isInstance(error)) return false
  if (!isGatewayError(error)) return true
  const { gatewayCode, retryable, status = 0 } = error
  return gatewayCode === 'run_lost' || (!retryable && status >= 400 && status < 500 && status !== 408)
}

function isGatewayError(error: PincerError): error is GatewayError {
  return error.code === 'gateway'
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal.addEventListener('abort', stop, { once: true })
  })
}

function resultOf({ runId, sessionKey }: GatewayRun, end: ClawEvent | undefined): RunResult {
  const known = { runId, ...(sessionKey !== undefined && { sessionKey }) }
  switch (end?.type) {
    case 'run.completed': {
      const { output, stopReason } = end.data
      return {
        ...known,
        status: 'completed',
        ...(typeof output === 'string' && { text: output }),
        ...(stopReason !== undefined && { stopReason }),
      }
    }
    case 'run.failed':
      return { ...known, status: 'failed', error: end.data.error }
    case 'run.cancelled':
    case 'run.timed_out': {
      const { reason } = end.data
      const status = end.type === 'run.cancelled' ? 'cancelled' : 'timed_out'
      return { ...known, status, ...(reason !== undefined && { error: { message: reason } }) }
    }
    default:
      return { ...known, status: 'accepted' }
  }
}
