import { type AgentRunner, GatewayError, type GatewayRun, isTerminalEvent } from '@pincer/protocol'
import { agentSettings } from '../agents/agent-settings.ts'
import type { Exchange } from './exchange.ts'
import { findOrNothing, getJson, post, postJson } from './json-call.ts'
import { longPoll } from './long-poll.ts'
import { itemsOf, parseAgentSummary, parseRunResult, parseStartedRun } from './parse-answer.ts'
import { readServerEvents } from './server-events.ts'

/** The agents of a gateway behind HTTP. */
export function createHttpAgents(exchange: Exchange): AgentRunner {
  return {
    takes: agentSettings,
    list: (options) => getJson(exchange, 'v1/agents', itemsOf(parseAgentSummary), options),
    async run({ agentId, signal, ...request }) {
      signal?.throwIfAborted()
      // Not broken off by the signal: a run that was started must be known, so that it can be cancelled.
      const path = `v1/agents/${encodeURIComponent(agentId)}/runs`
      const started = await postJson(exchange, path, request, parseStartedRun, { once: true }).catch(
        (error: unknown) => {
          throw mayHaveBegun(error)
        },
      )
      return openRun(exchange, started, signal)
    },
    async get(runId, { signal } = {}) {
      signal?.throwIfAborted()
      // Without waiting, this tells whether there is such a run, and its session.
      const path = `v1/runs/${encodeURIComponent(runId)}/wait`
      const found = await findOrNothing(
        getJson(exchange, path, parseRunResult, {
          query: { timeoutMs: 0 },
          ...(signal === undefined ? {} : { signal }),
        }),
      )
      return found === undefined ? undefined : openRun(exchange, { ...found, runId }, undefined)
    },
  }
}

// The gateway refused it by these, or was not there: whoever asks again starts no second run.
const refusals: ReadonlySet<unknown> = new Set([408, 425, 429, 503])
const unsent: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

function mayHaveBegun(error: unknown): unknown {
  if (!(error instanceof GatewayError) || !error.retryable) return error
  const { message, status, gatewayCode, cause } = error
  // `fetch` hides the code one level down.
  const codes = [Object(cause).code, Object(Object(cause).cause).code]
  if (refusals.has(status) || codes.some((code) => unsent.has(code))) return error
  return new GatewayError(`${message}; a run may have begun: look for it before you start another one`, {
    ...(status !== undefined && { status }),
    ...(gatewayCode !== undefined && { gatewayCode }),
    cause: error,
  })
}

function openRun(
  exchange: Exchange,
  { runId, sessionKey }: { readonly runId: string; readonly sessionKey?: string },
  aborted: AbortSignal | undefined,
): GatewayRun {
  const path = `v1/runs/${encodeURIComponent(runId)}`
  const cancel = async (reason?: string): Promise<void> => {
    await post(exchange, `${path}/cancel`, reason === undefined ? {} : { reason })
  }
  // Nobody is left to tell when this fails; the run ends by its own time limit.
  const cancelNow = (): void => void cancel('the caller aborted it').catch(() => {})
  const forget = (): void => aborted?.removeEventListener('abort', cancelNow)
  if (aborted?.aborted === true) cancelNow()
  else aborted?.addEventListener('abort', cancelNow, { once: true })
  return {
    runId,
    ...(sessionKey === undefined ? {} : { sessionKey }),
    cancel,
    async *events(options) {
      yield* readServerEvents(exchange, {
        ...options,
        path: 'v1/events',
        query: { runId, from: 'start' },
        isLast(event) {
          const last = event.runId === runId && isTerminalEvent(event)
          if (last) forget()
          return last
        },
      })
    },
    async wait({ timeoutMs, signal } = {}) {
      const result = await longPoll({
        ask: (pollMs) =>
          getJson(exchange, `${path}/wait`, parseRunResult, {
            query: { timeoutMs: pollMs },
            timeoutMs: pollMs + 10_000,
            ...(signal === undefined ? {} : { signal }),
          }),
        isFinal: (answer) => answer.status !== 'accepted',
        timeoutMs,
        signal,
      })
      if (result.status !== 'accepted') forget()
      return result
    },
  }
}
