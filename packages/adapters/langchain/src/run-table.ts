import type { Claw, Clock, Run, Timer } from '@pincer/core'

import type { Invocation } from './invocation.ts'
import type { Step } from './step.ts'

const mostSteps = 20_000
const mostPaused = 1_000
const sweepsUntilIdle = 8

/** What tells time, and how long a stream may go unread, in milliseconds. */
export interface RunTableOptions {
  readonly idleTimeoutMs: number
  readonly clock: Pick<Clock, 'startTimer'>
}

/** A run that waits to be resumed. */
export interface PausedRun {
  readonly run: Run
  readonly invocation: Invocation
  readonly name: string
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

  /** Tells whether the start of a run was told before, by another handler or by the same one given twice. */
  repeats(runId: string): boolean {
    const known = this.#steps.get(runId)
    if (known === undefined) return false
    known.copies++
    return true
  }

  /** Adds a step. */
  add(step: Step): void {
    this.#steps.set(step.runId, step)
    if (this.#steps.size > mostSteps) {
      for (const oldest of this.#steps.values()) {
        this.cancel(oldest, `more than ${mostSteps} steps were open`)
        break
      }
    }
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
  pause(run: Run, { invocation, name }: Step): boolean {
    const { threadId } = invocation
    if (threadId === undefined) return false
    this.dropPaused(threadId, 'another run of the conversation was interrupted')
    this.#paused.set(threadId, { run, invocation, name })
    if (this.#paused.size > mostPaused) {
      for (const oldest of this.#paused.keys()) {
        this.dropPaused(oldest, `more than ${mostPaused} runs were interrupted`)
        break
      }
    }
    return true
  }

  /** Takes out the interrupted run of a conversation, to go on with it. */
  takePaused(threadId: string | undefined): PausedRun | undefined {
    const paused = threadId === undefined ? undefined : this.#paused.get(threadId)
    if (threadId === undefined || paused === undefined) return undefined
    this.#paused.delete(threadId)
    return paused.run.ended ? undefined : paused
  }

  /** Cancels the interrupted run of a conversation; only where it has that name, if one is given. */
  dropPaused(threadId: string | undefined, reason: string, name?: string): void {
    if (threadId === undefined || (name !== undefined && this.#paused.get(threadId)?.name !== name)) return
    const paused = this.takePaused(threadId)
    paused?.invocation.drop(reason)
    paused?.run.cancel(reason)
  }

  readonly #sweepUp = (): void => {
    for (const step of this.#steps.values()) {
      // Its client has ended it, by time or because it was closed.
      if (step.place.ended) this.remove(step)
      else if (++step.quiet > sweepsUntilIdle && isUnread(step))
        this.cancel(step, 'nobody read it any further')
    }
    for (const [threadId, { run }] of this.#paused) if (run.ended) this.#paused.delete(threadId)
    this.#sweep = this.#steps.size > 0 ? this.#startSweep() : undefined
  }

  #startSweep(): Timer {
    return this.#options.clock.startTimer(this.#sweepUp, this.#options.idleTimeoutMs / sweepsUntilIdle)
  }
}

const tables = new WeakMap<Claw, RunTable>()

/** The table of a client, which all its handlers share, so that what several of them see is recorded once. */
export function runTableOf(claw: Claw, options: RunTableOptions): RunTable {
  let table = tables.get(claw)
  if (table === undefined) tables.set(claw, (table = new RunTable(options)))
  return table
}

// A stream that has begun, or a graph or sequence in which nothing runs any more, for LangChain does not say when a reader
// stops. What is slow otherwise is left alone.
function isUnread({ stream, kind, hasChildren, above }: Step): boolean {
  if (stream !== undefined) return stream.hasBegun
  return above === undefined && kind !== 'other' && !hasChildren
}
