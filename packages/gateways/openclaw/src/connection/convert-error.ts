import { GatewayError, PincerError } from '@pincer/protocol'
import { findConnectRefusal } from './connect-refusals.ts'
import { readConnectionFailure } from './connection-failures.ts'
import { readMessage, readWireError, type WireError } from './wire-error.ts'

/**
 * Turns whatever a request failed with into one typed error: its status in HTTP's words, the Gateway's own code, and what to do.
 *
 * @param rpc - Name of the request, such as `agent`; `connect` for the handshake.
 */
export function convertError(error: unknown, rpc: string): GatewayError {
  if (error instanceof GatewayError) return error
  if (PincerError.isInstance(error)) {
    return new GatewayError(error.message, { gatewayCode: error.code, cause: error })
  }
  const wire = readWireError(error)
  if (wire !== undefined) return convertWireError(wire, rpc, error)
  const failure = readConnectionFailure(error, rpc)
  return failure === undefined
    ? new GatewayError(`${rpc}: ${readMessage(error)}`, { cause: error })
    : new GatewayError(`${rpc}: ${failure.message}`, { ...failure.details, cause: error })
}

function convertWireError(wire: WireError, rpc: string, cause: unknown): GatewayError {
  const { details, retryAfterMs } = wire
  const gatewayCode = firstText(details['code'], details['reason']) ?? wire.code
  const refusal = findConnectRefusal(gatewayCode)
  const { status, message, retryable } =
    refusal === undefined
      ? readAnswer(wire, gatewayCode)
      : {
          status: refusal.status,
          message: refusal.advice(details),
          // A pairing that only waits for a person is told apart by the Gateway itself.
          retryable: refusal.retryable === true || details['pauseReconnect'] === false,
        }
  return new GatewayError(`${rpc}: ${message}`, {
    status,
    gatewayCode,
    retryable,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    cause,
  })
}

interface Answer {
  readonly status: number
  readonly message: string
  readonly retryable: boolean
}

function readAnswer(wire: WireError, gatewayCode: string): Answer {
  const { code, message, details, retryable } = wire
  if (gatewayCode === 'MISSING_SCOPE') {
    const scope = firstText(details['missingScope']) ?? 'a scope'
    return {
      status: 403,
      message: `needs the scope ${scope}, which this connection does not have; add it to \`scopes\``,
      retryable: false,
    }
  }
  if (gatewayCode === 'startup-sidecars') {
    return { status: 503, message: 'the Gateway is still starting; try again in a moment', retryable: true }
  }
  if (gatewayCode === 'gateway-restarting' || gatewayCode === 'gateway-suspending') {
    return {
      status: 503,
      message: 'the Gateway takes no new work before it restarts; try again in a moment',
      retryable: true,
    }
  }
  if (message.includes('has an active run')) return { status: 409, message, retryable: true }
  if (gatewayCode === 'websocket-upgrade-rejected') return readUpgrade(details)
  if (gatewayCode === 'INVALID_REQUEST' && message.startsWith('unknown method')) {
    return { status: 404, message: `${message}; this Gateway does not know it, update OpenClaw`, retryable }
  }
  return {
    status: readStatus(code, gatewayCode, message, details),
    message: `${message}${adviseLookup(message)}`,
    retryable,
  }
}

function adviseLookup(message: string): string {
  if (message.includes('unknown agent id')) return '; agents.list tells the agents that there are'
  if (/\bsession not found\b|\bunknown session key\b|^No session found\b/i.test(message)) {
    return '; sessions.list tells the sessions that there are, sessions.create makes one'
  }
  return ''
}

// The Gateway says INVALID_REQUEST for nearly everything: its codes first, then its sentences.
function readStatus(
  code: string,
  gatewayCode: string,
  message: string,
  details: WireError['details'],
): number {
  const type = firstText(details['type']) ?? ''
  if (/ALREADY_|CONFLICT|-conflict$/.test(gatewayCode)) return 409
  if (/NOT_FOUND|UNKNOWN_AGENT_ID/.test(gatewayCode) || type.endsWith('_not_found')) return 404
  if (code === 'FORBIDDEN') return 403
  if (code === 'NOT_PAIRED') return 401
  if (code === 'UNAVAILABLE') return 503
  if (code === 'AGENT_TIMEOUT') return 504
  if (message.startsWith('unauthorized role')) return 403
  if (
    /\bnot found\b|\bunknown (?:agent id|session key|requestId|environmentId|worker environment|or expired)\b|^No session found\b/i.test(
      message,
    )
  )
    return 404
  if (/\balready (?:resolved|decided|in use|exists)\b/i.test(message)) return 409
  return 400
}

function readUpgrade(details: WireError['details']): Answer {
  const status = typeof details['httpStatus'] === 'number' ? details['httpStatus'] : 502
  const isPassing = status >= 500 || status === 429 || status === 408
  return {
    status,
    message: isPassing
      ? `the server at this address answered HTTP ${status}; try again in a moment`
      : `the server at this address answered HTTP ${status} instead of opening a WebSocket; check \`url\`, and the proxy in front of the Gateway`,
    retryable: isPassing,
  }
}

function firstText(...values: readonly unknown[]): string | undefined {
  const found = values.find((value) => typeof value === 'string' && value.trim() !== '')
  return typeof found === 'string' ? found.slice(0, 128) : undefined
}
