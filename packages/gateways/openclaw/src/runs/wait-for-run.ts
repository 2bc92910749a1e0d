import type { RequestOptions } from '@pincer/protocol'
import { invalidParam } from '../check-param.ts'
import { askOnce, askUntilEnded } from './ask-run.ts'
import type { RunEnding } from './convert-run-result.ts'
import { followRun } from './follow-run.ts'
import { unknownError } from './judge-run.ts'
import type { KnownRun } from './known-run.ts'
import { atMost } from '../pause.ts'
import { isAlive, type RunContext } from './run-context.ts'
import type { RunResult } from './run.ts'
import { settleRun } from './settle-run.ts'

// Node takes a longer delay for one millisecond.
const longestDelayMs = 2_147_483_647
// The answer to a question that is under way comes with the last event, and tells times and reply.
const answerMs = 250
const deadlinePassed = Symbol('deadline passed')

/**
 * Waits for a run's outcome by its events and by asking, whichever tells first; `accepted` after `timeoutMs` milliseconds.
 *
 * @throws GatewayError where the Gateway refuses the question, PincerError `closed` where the client was closed, the signal's reason.
 */
export async function waitForRun(
  context: RunContext,
  run: KnownRun,
  options: { readonly timeoutMs?: number } & RequestOptions = {},
): Promise<RunResult> {
  if (typeof options !== 'object' || options === null) {
    throw invalidParam('wait', 'options such as `{ timeoutMs: 1000 }`', options)
  }
  const { timeoutMs, signal } = options
  if (timeoutMs !== undefined && (typeof timeoutMs !== 'number' || !(timeoutMs >= 0))) {
    throw invalidParam('wait: timeoutMs', 'milliseconds from 0', timeoutMs)
  }
  signal?.throwIfAborted()
  if (run.result !== undefined) return run.result
  if (run.settling !== undefined) return run.settling
  context.closing.throwIfAborted()
  followRun(context, run)
  const stop = new AbortController()
  const stopped = new Promise<never>((_resolve, reject) => {
    stop.signal.addEventListener('abort', () => reject(stop.signal.reason), { once: true })
  })
  const give = (): void => stop.abort(signal?.aborted === true ? signal.reason : context.closing.reason)
  for (const source of [signal, context.closing]) source?.addEventListener('abort', give, { once: true })
  const timer =
    timeoutMs === undefined || timeoutMs === 0 || timeoutMs === Infinity
      ? undefined
      : setTimeout(() => stop.abort(deadlinePassed), Math.min(timeoutMs, longestDelayMs))
  const asked =
    timeoutMs === 0
      ? askOnce(context, run, stop.signal)
      : askUntilEnded(context, run, timeoutMs ?? Infinity, stop.signal)
  try {
    const first = await Promise.race([tellEnd(context, run, stop.signal), asked.then(toAsked), stopped])
    if (first === 'told') return await settleRun(context, run, await answerOf(asked), false)
    return first.ending === undefined
      ? notEnded(run)
      : await settleRun(context, run, first.ending, isAlive(context, run))
  } catch (error) {
    if (error === deadlinePassed) return run.result ?? notEnded(run)
    throw error
  } finally {
    clearTimeout(timer)
    for (const source of [signal, context.closing]) source?.removeEventListener('abort', give)
    stopped.catch(() => undefined)
    asked.catch(() => undefined)
    stop.abort(deadlinePassed)
  }
}

function notEnded(run: KnownRun): RunResult {
  const { runId, sessionKey, unknownSince } = run
  return {
    runId,
    // Nothing is kept of it yet, because a run that somebody has just started is in no record for a moment.
    ...(unknownSince === undefined ? { status: 'accepted' } : { status: 'failed', error: unknownError }),
    ...(sessionKey === undefined ? {} : { sessionKey }),
  }
}

function toAsked(ending: RunEnding | undefined): { readonly ending: RunEnding | undefined } {
  return { ending }
}

/** Resolves once the events have told of the end; the feed being closed tells of none. */
async function tellEnd(context: RunContext, run: KnownRun, signal: AbortSignal): Promise<'told'> {
  try {
    await context.feed.ended(run.runId, { signal })
  } catch {
    await new Promise(() => undefined)
  }
  return 'told'
}

async function answerOf(asked: Promise<RunEnding | undefined>): Promise<RunEnding | undefined> {
  return atMost(
    answerMs,
    asked.catch(() => undefined),
  )
}
