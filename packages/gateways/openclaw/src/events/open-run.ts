import type { GatewayEvent } from '@pincer/protocol'
import type { NormalizerState } from './normalizer-state.ts'
import { createRunState, type RunState } from './run-state.ts'

const maxStrangers = 2000

/** The id under which a run is told: its own where the Gateway resumed it under another. */
export function ownRunId(state: NormalizerState, runId: string): string {
  return state.aliases.get(runId) ?? runId
}

/** The open run of that id. */
export function findRun(state: NormalizerState, runId: string | undefined): RunState | undefined {
  return runId === undefined ? undefined : state.runs.get(ownRunId(state, runId))
}

/** The open run of that id, made where it is new; undefined where it has ended. */
export function openRun(state: NormalizerState, runId: string): RunState | undefined {
  const ownId = ownRunId(state, runId)
  const known = state.runs.get(ownId)
  if (known !== undefined) return known
  if (state.endedRuns.has(ownId)) return undefined
  const run = createRunState(ownId)
  state.runs.set(ownId, run)
  state.strangers.add(run)
  if (state.strangers.size > maxStrangers) forgetOldest(state)
  return run
}

/** Tells `run.started`, once for every run. */
export function startRun(
  state: NormalizerState,
  run: RunState,
  frame: GatewayEvent | undefined,
  ts: number,
): void {
  if (run.started !== undefined) return
  run.startedAt ??= ts
  state.teller.inRun(run, 'run.started', {}, frame, ts)
}

/** Lets go of a run that is over, or that nobody asked for. */
export function forgetRun(state: NormalizerState, run: RunState): void {
  run.ended = true
  state.runs.delete(run.runId)
  state.strangers.delete(run)
  state.waiting.delete(run)
  state.endedRuns.add(run.runId)
}

function forgetOldest(state: NormalizerState): void {
  for (const run of state.strangers) {
    forgetRun(state, run)
    return
  }
}
