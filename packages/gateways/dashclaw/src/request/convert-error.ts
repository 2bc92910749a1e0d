import { describeValue } from '@pincer/protocol'
import { isHTTPError, isKyError, isNetworkError } from 'ky'
import type { ActionRow } from '../methods/action-results.ts'
import type { ApiRequest } from './api-request.ts'
import { DashClawError, type DashClawErrorDetails, QuotaError, SignatureError } from './dashclaw-error.ts'
import { isFields } from './invalid-input.ts'
import { parseDecision } from './parse-decision.ts'
import { type ErrorAnswer, parseErrorAnswer } from './parse-answer.ts'
import { ActionBlockedError } from './refusals.ts'
import { readRetryAfter } from './retry-after.ts'

/** What a request was, for the error that it ended in. */
export interface SentRequest {
  readonly request: ApiRequest
  /** How often it was sent. */
  readonly attempts: number
}

/** Turns whatever a request failed with into one typed error that says what to do and holds no key. */
export function convertError(error: unknown, sent: SentRequest): Error {
  const { name } = sent.request
  if (isHTTPError(error)) return convertAnswer(error.response, error.data, sent)
  const known = { request: lineOf(sent), attempts: sent.attempts }
  if (isNetworkError(error)) {
    // Ky's own errors hold the request with its headers; what they were made of does not.
    return new DashClawError(
      `${name}: the server could not be reached (${readFault(error)}); check \`baseUrl\``,
      {
        ...known,
        retryable: true,
        gatewayCode: 'unreachable',
        ...(error.cause === undefined ? {} : { cause: error.cause }),
      },
    )
  }
  const text = error instanceof Error && !isKyError(error) ? error.message : describeValue(error)
  return new DashClawError(`${name}: ${text}`, { ...known, ...(isKyError(error) ? {} : { cause: error }) })
}

/** The error for a call that took longer than it may. */
export function timedOut(timeoutMs: number, sent: SentRequest): DashClawError {
  return new DashClawError(
    `${sent.request.name}: no answer within ${timeoutMs} ms; give \`timeoutMs\` more, or look whether the server is well`,
    { request: lineOf(sent), attempts: sent.attempts, retryable: true, gatewayCode: 'timeout' },
  )
}

/** The error for an answer that is not what it should be. */
export function brokenAnswer(why: string, status: number, sent: SentRequest): DashClawError {
  return new DashClawError(`${sent.request.name}: ${why}; check that \`baseUrl\` is a DashClaw server`, {
    status,
    request: lineOf(sent),
    attempts: sent.attempts,
    gatewayCode: 'broken_answer',
  })
}

function convertAnswer(response: Response, data: unknown, sent: SentRequest): Error {
  const { status } = response
  const found = parseErrorAnswer(data)
  const blocked =
    status === 403 && isFields(found.answer?.['decision']) ? readBlocked(found, sent) : undefined
  if (blocked !== undefined) return blocked
  const retryAfterMs = readRetryAfter(response.headers)
  const details: DashClawErrorDetails = {
    status,
    request: lineOf(sent),
    attempts: sent.attempts,
    retryable: status === 429 || status === 408 || status >= 500,
    ...(found.code === undefined ? {} : { gatewayCode: found.code }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(found.details === undefined ? {} : { details: found.details }),
    ...(found.answer === undefined ? {} : { answer: found.answer }),
  }
  const message = `${sent.request.name}: ${adviseOn(status, found, sent)}`
  if (status === 402 || found.code === 'QUOTA_EXCEEDED') {
    return new QuotaError(message, {
      ...details,
      usage: found.answer?.['usage'],
      limit: found.answer?.['limit'],
    })
  }
  if (found.code === 'SIGNATURE_REQUIRED' || found.code === 'INVALID_AGENT_SIGNATURE') {
    return new SignatureError(message, details)
  }
  return new DashClawError(message, details)
}

function readBlocked(found: ErrorAnswer, sent: SentRequest): ActionBlockedError | undefined {
  const decision = parseDecision(found.decision)
  if (decision?.decision !== 'block') return undefined
  const row = found.answer?.['action']
  const type = sent.request.body?.['action_type']
  return new ActionBlockedError(
    typeof type === 'string' ? type : sent.request.name,
    decision,
    isFields(row) && typeof row['action_id'] === 'string' ? (row as unknown as ActionRow) : undefined,
  )
}

function adviseOn(status: number, found: ErrorAnswer, { request }: SentRequest): string {
  const said = found.message ?? `the server answered HTTP ${status}`
  const listed = Array.isArray(found.details) ? found.details.filter((item) => typeof item === 'string') : []
  const text = listed.length === 0 ? said : `${said} (${listed.join('; ').slice(0, 1000)})`
  if (found.code === 'SIGNATURE_REQUIRED') return `${text}; give the client the agent's \`privateKey\``
  if (found.code === 'INVALID_AGENT_SIGNATURE')
    return `${text}; \`privateKey\` is not the key of this agent's identity`
  if (found.code === 'AGENT_NOT_REGISTERED') return `${text}; pair the agent, or register its identity`
  if (status === 401) return `${text}; check \`apiKey\``
  if (status === 402) return `${text}; the plan's quota is used up`
  if (status === 404 && found.answer === undefined) {
    return `${text} for ${request.path}: this server does not offer ${request.name}`
  }
  if (status === 429) return `${text}; call less often, or later`
  if (status >= 300 && status < 400) return `${text}, a redirect, which is not followed; check \`baseUrl\``
  return text
}

function readFault(error: Error): string {
  const codes = [error.cause, isFields(error.cause) ? error.cause['cause'] : undefined].flatMap((cause) =>
    isFields(cause) && typeof cause['code'] === 'string' ? [cause['code']] : [],
  )
  return codes[0] ?? 'the connection broke'
}

function lineOf({ request }: SentRequest): { readonly verb: string; readonly path: string } {
  return { verb: request.verb, path: request.path }
}
