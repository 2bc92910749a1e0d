import { followRun } from './follow-run.ts'
import { cancelRun } from './cancel-run.ts'
import type { KnownRun } from './known-run.ts'
import type { RunContext } from './run-context.ts'
import type { Run } from './run.ts'
import { waitForRun } from './wait-for-run.ts'
import { isTold, watchRun } from './watch-run.ts'

/** Makes a handle of a run; handles are cheap, and all of one run share what is known of it. */
export function createRun(context: RunContext, run: KnownRun): Run {
  const { runId, sessionKey } = run
  return Object.freeze<Run>({
    id: runId,
    runId,
    ...(sessionKey === undefined ? {} : { sessionKey }),
    ...(run.begunHere ? {} : { isPartial: true }),
    events(options) {
      followRun(context, run)
      if (context.feed.outcome(runId) === undefined && !isTold(context, run)) watchRun(context, run)
      return context.feed.runEvents(runId, options)
    },
    wait: (options) => waitForRun(context, run, options),
    cancel: (reason) => cancelRun(context, run, reason),
  })
}
