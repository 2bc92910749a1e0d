import { GatewayError } from '@pincer/protocol'
import { askGateway } from './ask-run.ts'
import { gatewayRunId, type KnownRun } from './known-run.ts'
import { atMost, pause } from '../pause.ts'
import { isAlive, type RunContext } from './run-context.ts'
import { settleRun } from './settle-run.ts'

const timeoutMs = 10_000
const lastEventsMs = 1_000
const attempts = 3
const retryMs = 200

/**
 * Stops a run on the Gateway, and ends it here even where the Gateway's last events are lost; does nothing where it has ended.
 *
 * @throws GatewayError where the Gateway is away or refuses it.
 */
export async function cancelRun(context: RunContext, run: KnownRun, reason?: string): Promise<void> {
  if (hasEnded(context, run)) return
  run.cancelRequested = true
  // What became of the run over a restart, and under which id, has to be known first.
  if (context.away !== undefined) await atMost(timeoutMs, context.away)
  if (context.away !== undefined) throw awayError()
  await run.recovery
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    if (hasEnded(context, run)) return
    if (await abort(context, run)) return end(context, run, reason)
    const ending = await askGateway(context, run, 0, AbortSignal.timeout(timeoutMs))
    if (ending !== undefined) {
      if (run.followed) await settleRun(context, run, ending, true)
      return
    }
    // A run that was acknowledged a moment ago may not have begun to be stoppable.
    if (!isAlive(context, run)) return
    await pause(retryMs, undefined, { keepsProcess: false })
  }
}

/** Asks the Gateway to stop the run; true where it did. */
export async function abort(context: RunContext, run: KnownRun): Promise<boolean> {
  const runId = gatewayRunId(run)
  // Recovery stops a run that was to be cancelled too.
  if (run.stopped === runId) return true
  const isStopped = await sendNamed(context, runId, run.sessionKey)
  if (isStopped) run.stopped = runId
  return isStopped
}

async function sendNamed(
  context: RunContext,
  runId: string,
  sessionKey: string | undefined,
): Promise<boolean> {
  if (sessionKey === undefined) return sendAbort(context, { runId })
  try {
    return await sendAbort(context, { runId, key: sessionKey })
  } catch (error) {
    // A key that the caller was wrong about is no reason to let the run go on.
    if (!(error instanceof GatewayError) || error.status !== 400) throw error
    return await sendAbort(context, { runId })
  }
}

async function sendAbort(
  context: RunContext,
  params: { readonly runId: string; readonly key?: string },
): Promise<boolean> {
  const answer = await context.connection.request('sessions.abort', params, { timeoutMs })
  return typeof answer === 'object' && answer !== null && 'status' in answer && answer.status === 'aborted'
}

async function end(context: RunContext, run: KnownRun, reason: string | undefined): Promise<void> {
  if (!run.followed) return
  const told = context.feed.ended(run.runId).catch(() => undefined)
  await atMost(lastEventsMs, told)
  if (hasEnded(context, run)) return
  const signal = AbortSignal.timeout(timeoutMs)
  const ending = await askGateway(context, run, 0, signal).catch(() => undefined)
  await settleRun(context, run, ending ?? { status: 'cancelled', stopReason: reason ?? 'rpc' }, false)
}

function awayError(): GatewayError {
  return new GatewayError(
    `sessions.abort: the Gateway was away for ${timeoutMs} ms; the run is stopped when it is back, as long as this client is open`,
    { status: 503, gatewayCode: 'NOT_CONNECTED', retryable: true },
  )
}

function hasEnded(context: RunContext, run: KnownRun): boolean {
  return run.result !== undefined || context.feed.outcome(run.runId) !== undefined
}
