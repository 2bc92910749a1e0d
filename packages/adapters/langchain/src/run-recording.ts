import type { Claw, Parent, Run } from '@pincer/core'

import {
  convertNestedRun,
  convertPlace,
  convertRun,
  convertThread,
  type RunDefaults,
  textOf,
} from './convert-chain.ts'
import { convertResume, convertResumed, type Stop } from './convert-interrupt.ts'
import { Invocation } from './invocation.ts'
import type { RunTable } from './run-table.ts'
import type { Step } from './step.ts'

/** What LangChain tells of anything that starts. */
export interface Started {
  readonly serialized: unknown
  readonly tags: unknown
  readonly metadata: Readonly<Record<string, unknown>> | undefined
  readonly runName: string | undefined
}

/** The run of a chain or graph. */
export interface StartedRun {
  readonly run: Run
  readonly invocation: Invocation
  /** What finds the run again when a graph inside a graph is entered again. */
  readonly key: string | undefined
}

/** Where an action stands. */
export interface ActionPlace {
  readonly above: Step | undefined
  readonly invocation: Invocation
  readonly place: Parent
  /** Made for the action alone, where nothing else was there. */
  readonly ownRun: Run | undefined
}

/** Finds the runs and places of what starts, and ends what ends. */
export class RunRecording {
  readonly #claw: Claw
  readonly #defaults: RunDefaults
  readonly #table: RunTable

  constructor(claw: Claw, defaults: RunDefaults, table: RunTable) {
    this.#claw = claw
    this.#defaults = defaults
    this.#table = table
  }

  /** The run of what nothing of LangChain's stands above: a new one, or the one that it goes on with after an interrupt. */
  startRoot(started: Started, inputs: unknown, name: string): StartedRun {
    const threadId = convertThread(started.metadata)
    const place = { threadId, name, agent: textOf(started.metadata?.['lc_agent_name']) }
    const resumed = convertResume(inputs)
    if (resumed === undefined) this.#table.dropPaused(place, 'the conversation went on without an answer')
    const paused = resumed && this.#table.takePaused(place)
    if (paused !== undefined && resumed !== undefined) {
      const { run, invocation } = paused
      invocation.resume(resumed)
      return { run, invocation, key: undefined }
    }
    const options = convertRun(started, inputs, this.#defaults, convertResumed(inputs, started.metadata))
    return { run: this.#claw.startRun(options), invocation: new Invocation(threadId), key: undefined }
  }

  /** The run of a graph inside a graph: a new one, or the one that was interrupted there. */
  startNested(started: Started, inputs: unknown, above: Step): StartedRun {
    const { invocation, place } = above
    const key = convertPlace(started.metadata, started.runName)
    const paused = invocation.takeRun(key)
    if (paused !== undefined) return { run: paused, invocation, key }
    const about = convertResumed(inputs, started.metadata)
    return {
      run: place.startRun(convertNestedRun(started, inputs, above.graph.agent, about)),
      invocation,
      key,
    }
  }

  /** Where an action stands: below a step, under what runs now, or in a run of its own. */
  findPlace(started: Started, parentRunId: string | undefined, name: string): ActionPlace {
    const above = this.#table.get(parentRunId)
    if (above !== undefined)
      return { above, invocation: above.invocation, place: above.place, ownRun: undefined }
    const invocation = new Invocation(convertThread(started.metadata))
    const current = this.#claw.current()
    if (current !== undefined) return { above, invocation, place: current, ownRun: undefined }
    const options = convertRun({ ...started, runName: name }, undefined, this.#defaults, undefined)
    const ownRun = this.#claw.startRun(options)
    return { above, invocation, place: ownRun, ownRun }
  }

  /** Ends a chain that has a run of its own, unless the run waits to be resumed. */
  endChain(step: Step, end: (run: Run) => void): void {
    const { handle: run, invocation, above, kind, key } = step
    if (run?.kind !== 'run' || run.ended) return
    const isRoot = above === undefined
    // What leads to an interrupted graph is over for LangChain, but is entered again with it.
    if (step.isPaused || (isRoot && kind !== 'graph' && invocation.isWaiting)) {
      if (!isRoot && key !== undefined) return invocation.keep(key, run)
      if (this.#table.pause(run, step)) return
      invocation.leave()
    }
    if (isRoot) invocation.drop('the run ended')
    end(run)
  }

  /** Ends an action without failure. */
  endAction(step: Step, result: { readonly output?: unknown; readonly documents?: unknown }): void {
    const { handle, ownRun } = step
    if (handle?.ended === false) handle.end(result)
    if (ownRun?.ended === false) ownRun.end()
  }

  /** Ends an action with what went wrong. */
  failAction(step: Step, error: unknown, stop: Stop): void {
    const { handle, ownRun, stream } = step
    const result = stream?.result() ?? {}
    if (handle?.ended === false) {
      if (stop === 'aborted') handle.cancel(stop, result)
      else handle.fail(error, result)
    }
    if (ownRun !== undefined) this.failRun(ownRun, error, stop)
  }

  /** Ends a run with what went wrong. */
  failRun(run: Run, error: unknown, stop: Stop): void {
    if (run.ended) return
    if (stop === 'aborted') run.cancel(stop)
    else if (stop === 'timed out') run.timeOut(stop)
    else run.fail(error)
  }
}

/** The run that something belongs to, or is. */
export function runOf(place: Parent): Run {
  return place.kind === 'run' ? place : place.run
}
