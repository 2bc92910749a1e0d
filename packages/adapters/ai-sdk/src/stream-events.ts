import {
  type AgentRunner,
  type ClawEvent,
  GatewayError,
  type GatewayRun,
  isTerminalEvent,
  PincerError,
  type RunResult,
} from '@pincer/protocol'

import { runLost } from './stream-finish.ts'
import { isTold, type Position } from './stream-metadata.ts'
import { RunOutcome } from './stream-outcome.ts'
import { EventReading } from './stream-reading.ts'
import { pause, within } from './stream-wait.ts'

// How long nothing may be heard of a run before the gateway is asked whether it is over, and looked at again.
const quietMs = 1_000
const tickMs = 250
// What still comes after that answer comes at once.
const lastEventsMs = 500
const answerMs = 10_000
// How long a stream may wait in silence for a gateway that does not say either how the run stands.
const outageMs = 60_000
const outage = 'outage'
const pausesMs = [0, 100, 250, 500, 1_000, 1_500]

/** What reading the events of a run needs. */
export interface RunEventsOptions {
  /** Finds the run once more, where its events break off. */
  readonly runner: Pick<AgentRunner, 'get'>
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
  #events: EventReading | undefined
  #position: Position | undefined
  /** How many events without a place were handed out, and how many of them are told again. */
  #placeless = 0
  #retold = 0
  #failures = 0
  readonly #outcome: RunOutcome
  #end: ClawEvent | undefined
  #isReattached = false
  #hasLeft = false
  readonly #onLeave: (() => void)[] = []
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(options: RunEventsOptions) {
    this.#options = options
    this.#run = options.run
    this.#position = options.told
    const { signal: reading } = this.#reading
    this.#outcome = new RunOutcome({ run: () => this.#run, reading, stop: options.stop })
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
        this.#events ??= new EventReading(this.#run.events({ signal: this.#reading.signal }))
        this.#timer ??= setInterval(() => this.#tick(), tickMs)
        const found = await this.#events.read(withinMs)
        if (found === 'quiet') return found
        if (found !== 'settled' && found.done !== true) {
          this.#outcome.heard()
          if (this.#take(found.value)) return found.value
          continue
        }
      } catch (error) {
        this.#options.stop.throwIfAborted()
        failure = error
      }
      // A run that is over may have told more than was heard of it, which another reading shows.
      const hasLookedAgain = this.#failures > 0
      const isOver = this.#end !== undefined || (await this.#outcome.find())
      if (isOver && hasLookedAgain && failure === undefined) return 'over'
      await this.#attachAgain(failure)
    }
  }

  /**
   * What the run came to, once it is over.
   *
   * @throws GatewayError where the gateway does not tell
   */
  result(): Promise<RunResult> {
    return this.#outcome.result(this.#end)
  }

  /** Calls back once nobody reads any more; at once where nobody does. */
  onLeave(callback: () => void): void {
    if (this.#hasLeft) callback()
    else this.#onLeave.push(callback)
  }

  /** Stops reading; the run goes on. */
  leave(): void {
    if (this.#hasLeft) return
    this.#hasLeft = true
    this.#options.stop.removeEventListener('abort', this.#onStop)
    clearInterval(this.#timer)
    for (const callback of this.#onLeave) callback()
    const abort = (): void =>
      this.#reading.abort(new DOMException('nobody reads the run any more', 'AbortError'))
    // What waits for an event ends by the signal only; anything else may close in its own way first.
    if (this.#events?.isAsking !== false) abort()
    void this.#events?.leave().then(abort)
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

  // Runs only while somebody waits for an event.
  #tick(): void {
    const waitedMs = this.#events?.waitedMs
    if (waitedMs === undefined) {
      clearInterval(this.#timer)
      this.#timer = undefined
    } else if (this.#outcome.isKnown && waitedMs >= lastEventsMs) this.#events?.breakOff('settled')
    else if (waitedMs >= quietMs) {
      this.#breakOffOutage()
      void this.#outcome.ask()
    }
  }

  #breakOffOutage(): void {
    const { since, cause } = this.#outcome.failure ?? {}
    if (since === undefined || performance.now() - since < outageMs) return
    const reason = new GatewayError(`nothing was heard of the gateway for ${outageMs} ms`, {
      retryable: true,
      gatewayCode: outage,
      cause,
    })
    this.#events?.breakOff({ reason })
  }

  async #attachAgain(cause: unknown): Promise<void> {
    const { runner, sessionKey, agent, stop } = this.#options
    const { runId } = this.#run
    if (isFinal(cause)) throw cause
    const pauseMs = pausesMs[this.#failures++]
    if (pauseMs === undefined) throw runLost(runId, agent, cause)
    await pause(pauseMs, stop)
    void this.#events?.leave()
    this.#events = undefined
    this.#retold = this.#placeless
    try {
      const known = { ...(sessionKey !== undefined && { sessionKey }), signal: this.#reading.signal }
      const found = await within(runner.get(runId, known), answerMs, stop)
      if (found === undefined) throw runLost(runId, agent, cause)
      this.#run = found
      this.#isReattached = true
      this.#outcome.heard()
      // A gateway that answers is there: a quiet run of one that cannot tell how it stands is not lost.
      if (isOutage(cause)) this.#failures = 0
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
    this.#events?.breakOff({ reason })
    this.leave()
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

function isOutage(error: unknown): boolean {
  return PincerError.isInstance(error) && isGatewayError(error) && error.gatewayCode === outage
}

function isGatewayError(error: PincerError): error is GatewayError {
  return error.code === 'gateway'
}
