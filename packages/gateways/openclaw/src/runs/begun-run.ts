import { followRun } from './follow-run.ts'
import type { KnownRun } from './known-run.ts'
import { atMost } from '../pause.ts'
import { bootId, type RunContext } from './run-context.ts'
import { watchRun } from './watch-run.ts'

// The last events come before the last answer; a transport of somebody else may hand them on a little later.
const lastEventsMs = 500

/**
 * Takes note that the Gateway has named the run in an answer of its own: it is at work or waits for its turn, whether a record shows it
 * yet or not.
 *
 * @param lastWord - The answer that the run is told in; once it settles, only the record can tell that the run goes on.
 */
export function markBegun(context: RunContext, run: KnownRun, lastWord?: Promise<unknown>): void {
  followRun(context, run)
  run.begunHere = true
  run.aliveIn ??= bootId(context)
  if (lastWord === undefined) return
  const doubt = (): void => {
    run.aliveIn = undefined
    // A client that was closed in between watches nothing.
    watchUntold(context, run).catch(() => undefined)
  }
  lastWord.then(doubt, doubt)
}

/** Asks for the end of a run that the Gateway has said its last about, where no event tells of it, such as one whose workspace is gone. */
export async function watchUntold(context: RunContext, run: KnownRun): Promise<void> {
  const told = context.feed.ended(run.runId).catch(() => undefined)
  await atMost(lastEventsMs, told)
  const isSettled = run.settling !== undefined || context.feed.outcome(run.runId) !== undefined
  if (!isSettled && !context.closing.aborted) watchRun(context, run)
}
