import type { SessionsSendParams } from '@openclaw/gateway-protocol'
import type { AgentParams } from '../methods/agent-results.ts'
import type { AgentRunParams, SessionSendParams } from './agent-run-params.ts'

/** What the Gateway's `agent` method is sent; `sessionKey` is the full key. */
export function convertAgentRunParams(
  params: AgentRunParams,
  runId: string,
  sessionKey: string | undefined,
): AgentParams {
  const {
    input,
    model,
    provider,
    timeoutMs,
    sessionKey: _short,
    signal: _signal,
    workspace: _workspace,
    runtime: _runtime,
    environment: _environment,
    approvals: _approvals,
    ...passedOn
  } = params
  return {
    ...passedOn,
    message: input,
    idempotencyKey: runId,
    ...(sessionKey === undefined ? {} : { sessionKey }),
    ...(timeoutMs === undefined ? {} : { timeout: Math.ceil(timeoutMs / 1000) }),
    ...convertModel(model, provider),
  }
}

/** What the Gateway's `sessions.send` method is sent; `key` is the full key. */
export function convertSessionSendParams(
  params: SessionSendParams,
  runId: string,
  key: string,
): SessionsSendParams {
  const { timeoutMs, signal: _signal, ...passedOn } = params
  return {
    ...passedOn,
    key,
    idempotencyKey: runId,
    ...(timeoutMs === undefined ? {} : { timeoutMs: Math.ceil(timeoutMs) }),
  }
}

// Models of some providers have slashes of their own, so that only the first one divides.
function convertModel(
  model: string | undefined,
  provider: string | undefined,
): { readonly provider?: string; readonly model?: string } {
  if (provider !== undefined) return { provider, ...(model === undefined ? {} : { model }) }
  if (model === undefined) return {}
  const slash = model.indexOf('/')
  return slash <= 0 || slash === model.length - 1
    ? { model }
    : { provider: model.slice(0, slash), model: model.slice(slash + 1) }
}
