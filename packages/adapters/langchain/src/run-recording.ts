import type { Action, Claw, Parent, Run } from '@pincer/core'

import {
  type ChainKind,
  convertNestedRun,
  convertPlace,
  convertRun,
  convertStartName,
  convertThread,
  type RunDefaults,
  textOf,
} from './convert-chain.ts'
import {
  convertBubble,
  convertResume,
  convertResumed,
  convertStop,
  isBubbleUp,
  isInterrupt,
  type Stop,
} from './convert-interrupt.ts'
import { convertOutput } from './convert-message.ts'
import { Invocation } from './invocation.ts'
import { LateValue } from './late-value.ts'
import type { RunTable } from './run-table.ts'
import { Step } from './step.ts'
import type { ToolCalls } from './tool-calls.ts'

/** What LangChain tells of anything that starts. */
export interface Started {
  readonly serialized: unknown
  readonly tags: unknown
  readonly metadata: Readonly<Record<string, unknown>> | undefined
  readonly runName: string | undefined
}

/** The run of a chain or graph. */
interface StartedRun {
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
  readonly #calls: ToolCalls

  constructor(claw: Claw, defaults: RunDefaults, table: RunTable, calls: ToolCalls) {
    this.#claw = claw
    this.#defaults = defaults
    this.#table = table
    this.#calls = calls
  }

  /** A chain or graph starts that has a run of its own. */
  startChain(
    started: Started,
    kind: ChainKind,
    inputs: unknown,
    runId: string,
    above: Step | undefined,
  ): void {
    const name = convertStartName(started, 'chain')
    const { run, invocation, key } =
      above === undefined ? this.#startRoot(started, inputs, name) : this.#startNested(started, inputs, above)
    const step = new Step(runId, name, above, invocation, run, run)
    step.kind = kind
    step.key = key
    step.agent = started.metadata?.['lc_agent_name']
    this.#table.add(step)
  }

  /** A chain or graph ends, or is interrupted without saying so. */
  endChain(step: Step, outputs: unknown): void {
    const output = new LateValue(outputs, convertOutput)
    this.#closeChain(step, (run) => run.end({ output }))
  }

  /** A chain or graph fails, is stopped, is interrupted, or leaves by a command. */
  failChain(step: Step, error: unknown): void {
    const { invocation, place, name } = step
    if (isInterrupt(error)) {
      invocation.pause(runOf(place), error, { name }, this.#calls)
      step.graph.isPaused = true
    }
    // A failure is one, even if something else waits to be resumed.
    else step.isPaused &&= isBubbleUp(error)
    this.#closeChain(step, (run) => {
      if (isBubbleUp(error)) run.end({ output: convertBubble(error) })
      else this.#failRun(run, error, convertStop(error, invocation.signal))
    })
  }

  /** Where an action stands: below a step, under what runs now, or in a run of its own. */
  findPlace(started: Started, parentRunId: string | undefined, name: string): ActionPlace {
    const above = this.#table.get(parentRunId)
    const invocation = above?.invocation ?? new Invocation(convertThread(started.metadata))
    const place = above?.place ?? this.#claw.current()
    if (place !== undefined) return { above, invocation, place, ownRun: undefined }
    const options = convertRun({ ...started, runName: name }, undefined, this.#defaults, undefined)
    const ownRun = this.#claw.startRun(options)
    return { above, invocation, place: ownRun, ownRun }
  }

  /** Adds the step of an action that was started at its place. */
  add({ above, invocation, ownRun }: ActionPlace, runId: string, name: string, action: Action): Step {
    const step = new Step(runId, name, above, invocation, action, action)
    step.ownRun = ownRun
    this.#table.add(step)
    return step
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
    if (ownRun !== undefined) this.#failRun(ownRun, error, stop)
  }

  // The run of what nothing of LangChain's stands above: a new one, or the one that it goes on with after an interrupt.
  #startRoot(started: Started, inputs: unknown, name: string): StartedRun {
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

  // The run of a graph inside a graph: a new one, or the one that was interrupted there.
  #startNested(started: Started, inputs: unknown, above: Step): StartedRun {
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

  // Ends the run of a chain, unless it waits to be resumed.
  #closeChain(step: Step, end: (run: Run) => void): void {
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

  #failRun(run: Run, error: unknown, stop: Stop): void {
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
