import { GatewayError } from '@pincer/protocol'
import type { AgentParams } from '../methods/agent-results.ts'
import type { AgentRunParams, SessionSendParams } from './agent-run-params.ts'
import { watchUntold } from './begun-run.ts'
import { cancelRun } from './cancel-run.ts'
import { checkAgentRunParams, checkSessionSendParams } from './check-run-params.ts'
import { convertAgentRunParams, convertSessionSendParams } from './convert-run-params.ts'
import { convertAck, convertFinalAnswer, type FinalAnswer } from './convert-run-result.ts'
import { followRun } from './follow-run.ts'
import type { KnownRun } from './known-run.ts'
import { bootId, type RunContext } from './run-context.ts'

/** A request that starts a run: the first answer, and where there is one the second. */
interface Started {
  readonly ack: Promise<unknown>
  /** Never rejects. */
  readonly final?: Promise<FinalAnswer | undefined>
  /** Resolves with true once the Gateway has said its last about the run, with false where the connection was lost; never rejects. */
  readonly lastWord?: Promise<boolean>
}

/**
 * Sends the `agent` request; resolves once the Gateway has accepted the run.
 *
 * @throws UnsupportedByGatewayError or GatewayError before anything is sent, GatewayError where the Gateway refuses the run or does not
 * acknowledge it in time, the signal's reason.
 */
export async function startAgentRun(context: RunContext, params: AgentRunParams): Promise<KnownRun> {
  checkAgentRunParams(params)
  const { sessionKey, agentId, signal } = params
  signal?.throwIfAborted()
  const key = sessionKey === undefined ? undefined : await context.keys.resolve('agent', sessionKey, agentId)
  const run = context.runs.open(params.idempotencyKey ?? crypto.randomUUID())
  run.sessionKey ??= key
  run.agentId ??= agentId
  return start(context, run, 'agent', params, (give) =>
    sendAgent(context, convertAgentRunParams(params, run.runId, key), give),
  )
}

/**
 * Sends the `sessions.send` request; resolves once the Gateway has accepted the run.
 *
 * @throws GatewayError where the Gateway refuses the message or does not acknowledge it in time, the signal's reason.
 */
export async function sendToSession(context: RunContext, params: SessionSendParams): Promise<KnownRun> {
  checkSessionSendParams(params)
  params.signal?.throwIfAborted()
  const key = await context.keys.resolve('sessions.send', params.key, params.agentId)
  const run = context.runs.open(params.idempotencyKey ?? crypto.randomUUID())
  run.sessionKey ??= key
  run.agentId ??= params.agentId
  return start(context, run, 'sessions.send', params, (give) => {
    const request = convertSessionSendParams(params, run.runId, key)
    const timeoutMs = context.times.ackTimeoutMs
    return { ack: context.connection.request('sessions.send', request, { timeoutMs, signal: give }) }
  })
}

function sendAgent(context: RunContext, request: AgentParams, give: AbortSignal): Started {
  const accepted = Promise.withResolvers<unknown>()
  const final = context.connection.request('agent', request, {
    expectFinal: true,
    timeoutMs: null,
    onAccepted: accepted.resolve,
    signal: give,
  })
  // Where the idempotency key was known, and on transports of somebody else, the one answer there is comes last.
  final.then(accepted.resolve, accepted.reject)
  return {
    ack: accepted.promise,
    final: final.then(convertFinalAnswer, () => undefined),
    // What becomes of runs over a lost connection is found out when it is back.
    lastWord: final.then(
      () => true,
      (error: unknown) => error instanceof GatewayError && error.gatewayCode !== 'CONNECTION_LOST',
    ),
  }
}

async function start(
  context: RunContext,
  run: KnownRun,
  rpc: string,
  params: { readonly signal?: AbortSignal; readonly idempotencyKey?: string },
  send: (give: AbortSignal) => Started,
): Promise<KnownRun> {
  const { signal } = params
  const give = new AbortController()
  await within(context.connection.connect(), context.times.ackTimeoutMs, rpc, signal)
  const isNew = !run.followed
  // Before the request, so that no event of the run comes before somebody keeps it.
  followRun(context, run)
  run.starting = isNew
  // The key of an earlier request names the run of that one.
  run.begunHere ||= isNew && params.idempotencyKey === undefined
  const { ack, final, lastWord } = send(give.signal)
  if (final !== undefined && isNew) run.finalAnswer = final
  const acknowledged = ack.then((payload) => acknowledge(context, run, payload))
  try {
    const known = await within(acknowledged, context.times.ackTimeoutMs, rpc, signal)
    if (signal !== undefined) cancelWith(context, known, signal)
    lastWord
      ?.then((isOver) => (isOver ? watchUntold(context, known) : undefined))
      // A client that was closed in between watches nothing.
      .catch(() => undefined)
    return known
  } catch (error) {
    const isStopped = signal?.aborted === true
    // Without a connection it has not been sent, and must not be when the connection is back.
    if (context.away !== undefined) give.abort(error)
    acknowledged.then(
      // An acknowledgement that comes after all is of a run that nobody wants, unless the same key may be asked with again.
      (known) =>
        isStopped || params.idempotencyKey === undefined
          ? cancelRun(context, known).catch(() => undefined)
          : undefined,
      () => (isNew && isStopped ? forget(context, run, error) : undefined),
    )
    if (isNew && !isStopped) forget(context, run, error)
    throw error
  }
}

function cancelWith(context: RunContext, run: KnownRun, signal: AbortSignal): void {
  const cancel = (): void => void cancelRun(context, run).catch(() => undefined)
  signal.addEventListener('abort', cancel, { once: true })
  const release = (): void => signal.removeEventListener('abort', cancel)
  context.feed.ended(run.runId).then(release, release)
}

function acknowledge(context: RunContext, run: KnownRun, payload: unknown): KnownRun {
  const ack = convertAck(payload)
  const known = ack.runId === undefined || ack.runId === run.runId ? run : rename(context, run, ack.runId)
  known.sessionKey = ack.sessionKey ?? known.sessionKey
  known.agentId = ack.agentId ?? known.agentId
  known.aliveIn ??= bootId(context)
  known.starting = false
  followRun(context, known)
  return known
}

/** A transport of somebody else may number its runs itself. */
function rename(context: RunContext, run: KnownRun, runId: string): KnownRun {
  const known = context.runs.open(runId)
  known.finalAnswer ??= run.finalAnswer
  known.begunHere ||= run.begunHere
  known.sessionKey ??= run.sessionKey
  forget(context, run, undefined)
  return known
}

function forget(context: RunContext, run: KnownRun, error: unknown): void {
  context.runs.forget(run.runId)
  run.followed = false
  run.starting = false
  context.feed.forget?.(run.runId)
  if (!context.feed.openRuns().some(({ runId }) => runId === run.runId)) return
  const message = error instanceof Error ? error.message : 'the run has another id'
  context.feed.end(run.runId, { status: 'failed', error: { message, code: 'not_started' } })
}

function within<Value>(
  promise: Promise<Value>,
  ackTimeoutMs: number,
  rpc: string,
  signal: AbortSignal | undefined,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const release = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    }
    const stop = (): void => {
      release()
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      release()
      const message = `${rpc}: the Gateway did not acknowledge the run within ${ackTimeoutMs} ms; it may have been started: look for it before you start another one, or pass \`idempotencyKey\` and ask again with it`
      reject(new GatewayError(message, { status: 504, gatewayCode: 'ACK_TIMEOUT', retryable: true }))
    }, ackTimeoutMs)
    signal?.addEventListener('abort', stop, { once: true })
    promise.then(
      (value) => {
        release()
        resolve(value)
      },
      (error: unknown) => {
        release()
        reject(error)
      },
    )
  })
}
