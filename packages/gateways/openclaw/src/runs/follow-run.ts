import type { KnownRun } from './known-run.ts'
import { readRunUsage } from './read-run-usage.ts'
import { bootId, type RunContext, tellRecovery } from './run-context.ts'

/** Keeps the events of the run from now on. */
export function followRun(context: RunContext, run: KnownRun): void {
  run.followed = true
  context.feed.follow({
    runId: run.runId,
    ...(run.sessionKey === undefined ? {} : { sessionKey: run.sessionKey }),
    ...(run.agentId === undefined ? {} : { agentId: run.agentId }),
    usage: () => readRunUsage(context, run),
  })
}

/** From now on the Gateway's run of another id is this run. */
export function adoptRun(context: RunContext, run: KnownRun, resumedRunId: string): void {
  if (run.gatewayRunIds.includes(resumedRunId)) return
  run.gatewayRunIds.push(resumedRunId)
  run.aliveIn = bootId(context)
  context.feed.adopt(run.runId, resumedRunId)
  tellRecovery(context, run, 'adopted', { runId: resumedRunId })
}
