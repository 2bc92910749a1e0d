import { askUntilEnded } from './ask-run.ts'
import type { KnownRun } from './known-run.ts'
import { isAlive, type RunContext } from './run-context.ts'
import { settleRun } from './settle-run.ts'

/**
 * Asks for the run's end on behalf of those who read its events, where no event may tell of it: a run that was started by somebody else,
 * and any run of a transport that tells no events any more.
 */
export function watchRun(context: RunContext, run: KnownRun): void {
  run.watch ??= watch(context, run).finally(() => {
    run.watch = undefined
  })
}

async function watch(context: RunContext, run: KnownRun): Promise<void> {
  const stop = new AbortController()
  const told = context.feed.ended(run.runId, { signal: stop.signal }).catch(() => undefined)
  const signal = AbortSignal.any([stop.signal, context.closing])
  const asked = askUntilEnded(context, run, Infinity, signal)
  try {
    const ending = await Promise.race([asked, told.then(() => undefined)])
    if (ending !== undefined) await settleRun(context, run, ending, isTold(context, run))
  } catch (error) {
    if (context.connection.closed) return
    const message = error instanceof Error ? error.message : 'the Gateway cannot be asked any more'
    const ending = { status: 'failed', error: { message, code: 'gateway_lost' } } as const
    await settleRun(context, run, ending, false).catch(() => undefined)
  } finally {
    asked.catch(() => undefined)
    stop.abort()
  }
}

/** Tells whether events alone will tell of the run's end. */
export function isTold(context: RunContext, run: KnownRun): boolean {
  return isAlive(context, run) && !context.eventsLost
}
