import type { GatewayErrorDetails } from '@pincer/protocol'
import { isRecord, readCode, readMessage } from './wire-error.ts'

/** What is known of a failure that the Gateway did not answer with. */
export interface ConnectionFailure {
  readonly message: string
  readonly details: GatewayErrorDetails
}

const mayHaveBeenCarriedOut = 'it may have been carried out; ask for its outcome before repeating it'

const unreachable: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'nothing listens at the address of the Gateway; start it, or correct `url`'],
  ['ENOTFOUND', 'the name of the Gateway is not known; correct `url`'],
  ['EAI_AGAIN', 'the name of the Gateway could not be looked up; check the network'],
  ['ECONNRESET', 'the Gateway cut the connection; try again'],
  ['EPIPE', 'the Gateway cut the connection; try again'],
  ['ETIMEDOUT', 'the Gateway does not answer; check `url`, the network and its firewall'],
  ['EHOSTUNREACH', 'there is no way to the Gateway; check the network'],
  ['ENETUNREACH', 'there is no way to the Gateway; check the network'],
  ['EADDRNOTAVAIL', 'there is no way to the Gateway; check the network'],
])

const untrusted: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])

/** Reads what the network, TLS or the reference client itself says; `undefined` where it is something else. */
export function readConnectionFailure(error: unknown, rpc: string): ConnectionFailure | undefined {
  const code = readCode(error)
  if (code === 'CLIENT_TIMEOUT') return readTimeout(error)
  const advice = code === undefined ? undefined : unreachable.get(code)
  if (code !== undefined && advice !== undefined) {
    return { message: advice, details: { status: 503, gatewayCode: code, retryable: true } }
  }
  if (code !== undefined && untrusted.has(code)) {
    return {
      message: `the certificate of the Gateway is not trusted (${code}); pass \`tlsFingerprint\` to pin it`,
      details: { status: 502, gatewayCode: code },
    }
  }
  if (code === 'EPROTO') {
    return {
      message: 'the Gateway does not speak TLS at this address; use ws:// in `url`, or turn gateway.tls on',
      details: { status: 502, gatewayCode: code },
    }
  }
  return readClientMessage(readMessage(error), rpc)
}

function readTimeout(error: unknown): ConnectionFailure {
  const { timeoutMs, requestSent } = isRecord(error) ? error : {}
  const after = typeof timeoutMs === 'number' ? ` within ${Math.round(timeoutMs)} ms` : ' in time'
  return {
    message:
      requestSent === false
        ? `was not sent${after}; try again, or raise \`timeoutMs\``
        : `the Gateway did not answer${after}; ${mayHaveBeenCarriedOut}, or raise \`timeoutMs\``,
    details: { status: 504, gatewayCode: 'CLIENT_TIMEOUT', retryable: true },
  }
}

// The reference client has no codes for these, so that their sentences are all there is.
function readClientMessage(message: string, rpc: string): ConnectionFailure | undefined {
  const closed = /^gateway closed \((\d+)\)(?:: (.*))?$/s.exec(message)
  if (closed !== null) return describeLoss(Number(closed[1]), closed[2] ?? '', rpc)
  if (message === 'gateway not connected') {
    return {
      message: 'there is no connection to the Gateway; try again',
      details: { status: 503, gatewayCode: 'NOT_CONNECTED', retryable: true },
    }
  }
  if (message === 'gateway client stopped') {
    return {
      message: 'the connection was closed; open another one',
      details: { gatewayCode: 'CLIENT_CLOSED' },
    }
  }
  if (message.startsWith('gateway connect challenge') || message === 'Opening handshake has timed out') {
    return {
      message:
        'what answers at this address does not greet as an OpenClaw Gateway does; check `url`, or wait until it has started',
      details: { status: 504, gatewayCode: 'CONNECT_TIMEOUT', retryable: true },
    }
  }
  if (message.includes('tls fingerprint')) {
    return {
      message:
        'the certificate of the Gateway is not the pinned one; if it was renewed on purpose, correct `tlsFingerprint`',
      details: { status: 502, gatewayCode: 'TLS_FINGERPRINT_MISMATCH' },
    }
  }
  if (message.startsWith('SECURITY ERROR')) {
    return {
      message:
        'ws:// to a public host would send the token and all that is said unencrypted; use wss://, or a tunnel to the loopback address',
      details: { status: 400, gatewayCode: 'INSECURE_URL' },
    }
  }
  return undefined
}

function describeLoss(closeCode: number, reason: string, rpc: string): ConnectionFailure {
  const told = reason === '' ? String(closeCode) : `${closeCode}: ${reason}`
  if (rpc === 'connect') {
    return {
      message: `the connection was closed (${told}) before the Gateway said hello; check that \`url\` is the address of an OpenClaw Gateway`,
      details: { status: 503, gatewayCode: 'CONNECTION_LOST', retryable: true },
    }
  }
  if (closeCode === 1009) {
    return {
      message:
        'the message is larger than the Gateway takes; send less at a time (`policy.maxPayload` of its hello)',
      details: { status: 413, gatewayCode: 'CONNECTION_LOST' },
    }
  }
  const why =
    closeCode === 1012 ? 'the Gateway is restarting' : `the connection to the Gateway was lost (${told})`
  return {
    message: `${why}; ${mayHaveBeenCarriedOut}`,
    details: { status: 503, gatewayCode: 'CONNECTION_LOST', retryable: true },
  }
}
