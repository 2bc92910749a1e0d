import { convertWaitAnswer, type RunEnding } from './convert-run-result.ts'
import { findRun } from './find-run.ts'
import { adoptRun } from './follow-run.ts'
import { lostEnding, unknownError } from './judge-run.ts'
import { gatewayRunId, type KnownRun } from './known-run.ts'
import { pause } from '../pause.ts'
import { bootId, isAlive, isRetryable, type RunContext } from './run-context.ts'

const onceTimeoutMs = 10_000
const longestPauseMs = 3_000
const shortestPauseMs = 250
// A run of somebody else may be in no record for a moment after its start.
const unknownGraceMs = 700

/**
 * Asks the Gateway how a run ended, waiting on its side for at most `waitMs` milliseconds; `undefined` where it says nothing.
 *
 * @throws GatewayError where it is away, or refuses the question.
 */
export async function askGateway(
  context: RunContext,
  run: KnownRun,
  waitMs: number,
  signal: AbortSignal,
): Promise<RunEnding | undefined> {
  const params = { runId: gatewayRunId(run), timeoutMs: Math.max(0, Math.floor(waitMs)) }
  const timeoutMs = waitMs === 0 ? onceTimeoutMs : null
  return convertWaitAnswer(await context.connection.request('agent.wait', params, { timeoutMs, signal }))
}

/** Asks once; `undefined` where the run goes on as far as can be told. */
export async function askOnce(
  context: RunContext,
  run: KnownRun,
  signal: AbortSignal,
): Promise<RunEnding | undefined> {
  if (context.away !== undefined) return undefined
  const ending = await askGateway(context, run, 0, signal)
  if (ending !== undefined || isAlive(context, run)) return ending
  return await lookUp(context, run, signal)
}

/**
 * Asks until the Gateway tells how the run ended, over losses of the connection and restarts.
 *
 * @param waitMs - Longest time on the Gateway's side, so that it does not keep the question longer than the caller does.
 * @throws GatewayError where it refuses the question; the signal's reason.
 */
export async function askUntilEnded(
  context: RunContext,
  run: KnownRun,
  waitMs: number,
  signal: AbortSignal,
): Promise<RunEnding> {
  const started = performance.now()
  let pauseMs = shortestPauseMs
  for (;;) {
    // After a restart the run may have another id, and a question about the old one would be answered late.
    if (context.away !== undefined) await Promise.race([context.away, aborted(signal)])
    if (run.recovery !== undefined) await Promise.race([run.recovery, aborted(signal)])
    signal.throwIfAborted()
    const asked = performance.now()
    const left = Math.max(1, waitMs - (asked - started))
    const sliceMs = isAlive(context, run) ? Math.min(context.times.sliceMs, left) : 0
    try {
      const ending = await askGateway(context, run, sliceMs, signal)
      if (ending !== undefined) return ending
      if (!isAlive(context, run)) {
        const found = await lookUp(context, run, signal)
        if (found !== undefined) return found
      } else if (performance.now() - asked >= sliceMs / 2) {
        pauseMs = shortestPauseMs
        continue
      }
    } catch (error) {
      signal.throwIfAborted()
      if (!isRetryable(error)) throw error
    }
    await pause(pauseMs, signal, { keepsProcess: false })
    pauseMs = Math.min(pauseMs * 2, longestPauseMs)
  }
}

/** Looks the run up in the Gateway's record, because a bare timeout does not tell a run at work from one that is not known. */
async function lookUp(
  context: RunContext,
  run: KnownRun,
  signal: AbortSignal,
): Promise<RunEnding | undefined> {
  const verdict = await findRun(context, run, signal)
  if (verdict.state === 'unknown') {
    run.unknownSince ??= performance.now()
    if (performance.now() - run.unknownSince < unknownGraceMs) return undefined
    return run.cancelRequested ? { status: 'cancelled' } : { status: 'failed', error: unknownError }
  }
  run.unknownSince = undefined
  if (verdict.state === 'active') run.aliveIn = bootId(context)
  if (verdict.state === 'resumed') adoptRun(context, run, verdict.runId)
  if (verdict.state === 'lost') return lostEnding
  return verdict.state === 'ended' ? verdict.ending : undefined
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
