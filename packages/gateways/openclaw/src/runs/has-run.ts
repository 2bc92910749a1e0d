import { askGateway } from './ask-run.ts'
import { findRun } from './find-run.ts'
import type { KnownRun } from './known-run.ts'
import { pause } from '../pause.ts'
import { bootId, type RunContext } from './run-context.ts'

// A run that somebody has just started may be in no record for a moment.
const graceMs = 700

/**
 * Tells whether the Gateway has the run, by what it answers and by its record; true where it does not let itself be asked.
 *
 * Follows nothing, so that nothing is kept of runs that there are not.
 *
 * @throws GatewayError where the Gateway is away, the signal's reason.
 */
export async function hasRun(context: RunContext, run: KnownRun, signal: AbortSignal): Promise<boolean> {
  if (isOurs(context, run)) return true
  for (const isLast of [false, true]) {
    if ((await askGateway(context, run, 0, signal)) !== undefined) return true
    const { state } = await findRun(context, run, signal)
    if (state === 'active') run.aliveIn = bootId(context)
    if (state !== 'unknown' || isOurs(context, run)) return true
    if (!isLast) await pause(graceMs, signal)
  }
  if (!run.followed) context.runs.forget(run.runId)
  return false
}

/** Tells whether the Gateway has named the run to this client, or its end is known here. */
function isOurs(context: RunContext, run: KnownRun): boolean {
  return (
    run.starting ||
    run.aliveIn !== undefined ||
    run.result !== undefined ||
    context.feed.outcome(run.runId) !== undefined
  )
}
