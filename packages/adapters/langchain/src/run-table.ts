import type { Claw, Clock, Run, Timer } from '@pincer/core'

import { setNewest } from './bounded-map.ts'
import { textOf } from './convert-chain.ts'
import type { Invocation } from './invocation.ts'
import type { Step } from './step.ts'
import { toolCallsOf } from './tool-calls.ts'

const mostSteps = 20_000
const mostPaused = 1_000
const sweepsUntilIdle = 8

/** What tells time, and how long a stream may go unread, in milliseconds. */
export interface RunTableOptions {
  readonly idleTimeoutMs: number
  readonly clock: Pick<Clock, 'startTimer'>
}

/** Where a run is paused, or resumed. */
export interface PausedPlace {
  /** The conversation; what belongs to none is not found again. */
  readonly threadId: string | undefined
  readonly name: string
  /** The name of the agent, where it has one: it stays the same where `name` does not. */
  readonly agent: string | undefined
}

/** A run that waits to be resumed. */
export interface PausedRun extends PausedPlace {
  readonly run: Run
  readonly invocation: Invocation
}

/** The LangChain runs of one client that have started and not ended; bounded by number and by time. */
export class RunTable {
  readonly #options: RunTableOptions
  readonly #steps = new Map<string, Step>()
  readonly #paused = new Map<string, PausedRun>()
  #sweep: Timer | undefined

  constructor(options: RunTableOptions) {
    this.#options = options
  }

  /** The step of a LangChain run. */
  get(runId: string | undefined): Step | undefined {
    return runId === undefined ? undefined : this.#steps.get(runId)
  }

  /** Takes out the step of a LangChain run that ends: whoever tells of the same end again finds nothing. */
  take(runId: string): Step | undefined {
    const step = this.#steps.get(runId)
    if (step !== undefined) this.remove(step)
    return step
  }

  /** Tells whether the start of a run was told before, by another handler or by the same one given twice. */
  repeats(runId: string): boolean {
    const known = this.#steps.get(runId)
    if (known === undefined) return false
    known.copies++
    return true
  }

  /** Adds a step. */
  add(step: Step): void {
    const oldest = setNewest(this.#steps, step.runId, step, mostSteps)
    if (oldest !== undefined) this.cancel(oldest, `more than ${mostSteps} steps were open`)
    if (this.#sweep === undefined) this.#sweep = this.#startSweep()
  }

  /** Takes a step out that ends, and cancels what it left open below. */
  remove(step: Step, reason = 'its reader stopped'): void {
    this.#steps.delete(step.runId)
    step.leave()
    if (!step.hasChildren) return
    for (const child of step.children()) {
      // What a node has started and not waited for goes on, unless it is a stream, which nobody can read now.
      const goesOn = step.handle === undefined && step.above !== undefined && child.stream?.hasBegun !== true
      if (goesOn) child.rise()
      else this.cancel(child, reason)
    }
  }

  /** Ends a step, and what is below it, because somebody stopped it. */
  cancel(step: Step, reason: string): void {
    this.remove(step, reason)
    const { handle, ownRun, stream, invocation } = step
    if (step.above === undefined) invocation.drop(reason)
    if (handle?.ended === false) handle.cancel(reason, stream?.result())
    if (ownRun?.ended === false) ownRun.cancel(reason)
  }

  /** Keeps an interrupted run until it is resumed; false where nothing would find it again. */
  pause(run: Run, { invocation, name, agent }: Step): boolean {
    const { threadId } = invocation
    if (threadId === undefined) return false
    const place = { threadId, name, agent: textOf(agent) }
    this.dropPaused(place, 'another run of the conversation was interrupted')
    const oldest = setNewest(this.#paused, keyOf(place), { ...place, run, invocation }, mostPaused)
    drop(oldest, `more than ${mostPaused} runs were interrupted`)
    return true
  }

  /** Takes out the interrupted run of a conversation, to go on with it; several agents may share the conversation. */
  takePaused(place: PausedPlace): PausedRun | undefined {
    const paused = this.#paused.get(keyOf(place)) ?? this.#findOnly(place)
    if (paused === undefined) return undefined
    this.#paused.delete(keyOf(paused))
    return paused.run.ended ? undefined : paused
  }

  /** Cancels the interrupted run of that name in a conversation. */
  dropPaused(place: PausedPlace, reason: string): void {
    if (this.#paused.size === 0) return
    const key = keyOf(place)
    drop(this.#paused.get(key), reason)
    this.#paused.delete(key)
  }

  // A graph may be called by another name each time, but not where it or the paused one says which agent it is.
  #findOnly({ threadId, agent }: PausedPlace): PausedRun | undefined {
    if (threadId === undefined || agent !== undefined) return undefined
    const found = [...this.#paused.values()].filter((paused) => paused.threadId === threadId)
    return found.length === 1 && found[0]?.agent === undefined ? found[0] : undefined
  }

  readonly #sweepUp = (): void => {
    for (const step of this.#steps.values()) {
      // Its client has ended it, by time or because it was closed.
      if (step.place.ended) this.remove(step)
      else if (++step.quiet > sweepsUntilIdle && isUnread(step))
        this.cancel(step, 'nobody read it any further')
    }
    for (const [key, { run }] of this.#paused) if (run.ended) this.#paused.delete(key)
    this.#sweep = this.#steps.size > 0 ? this.#startSweep() : undefined
  }

  #startSweep(): Timer {
    return this.#options.clock.startTimer(this.#sweepUp, this.#options.idleTimeoutMs / sweepsUntilIdle)
  }
}

const tables = new WeakMap<Claw, RunTable>()

/** The table of a client, which all its handlers share, so that what several of them see is recorded once. */
export function runTableOf(claw: Claw, options: RunTableOptions): RunTable {
  const known = tables.get(claw)
  if (known !== undefined) return known
  const table = new RunTable(options)
  tables.set(claw, table)
  toolCallsOf(claw).watch((runId) => table.get(runId)?.place)
  return table
}

function drop(paused: PausedRun | undefined, reason: string): void {
  if (paused === undefined || paused.run.ended) return
  paused.invocation.drop(reason)
  paused.run.cancel(reason)
}

function keyOf({ threadId, name, agent = name }: PausedPlace): string {
  return JSON.stringify([threadId, agent])
}

// A stream that has begun, or a graph or sequence in which nothing runs any more, for LangChain does not say when a reader
// stops. What is slow otherwise is left alone.
function isUnread({ stream, kind, hasChildren, above }: Step): boolean {
  if (stream !== undefined) return stream.hasBegun
  return above === undefined && kind !== 'other' && !hasChildren
}
