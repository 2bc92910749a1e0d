import {
  type GatewayClient,
  type GatewayClientCloseInfo,
  gatewayOriginScope,
  shouldRetryGatewayWithDeviceToken,
} from '@openclaw/gateway-client'
import { GatewayError, type GatewayEvent, PincerError } from '@pincer/protocol'
import { convertError } from '../connection/convert-error.ts'
import { createClient, protocol } from './create-client.ts'
import { parseHello } from './parse-hello.ts'
import type { GatewayHello } from './transport.ts'
import type { CheckedTransportOptions } from './transport-options.ts'

/** What is told about a link; every function is called at once. */
export interface LinkListener {
  readonly onEvent: (event: GatewayEvent) => void
  readonly onConnected: (hello: GatewayHello) => void
  /** The connection was lost and is being opened again. */
  readonly onLost: (code: number, reason: string) => void
  /** The connection will not heal by itself; nothing is tried any more. */
  readonly onFailed: (error: Error, code: number, reason: string) => void
}

/** Keeps one connection to a Gateway open, by one reference client after the other. */
export interface GatewayLink {
  /** The client that has said hello and was not lost. */
  readonly client: GatewayClient | undefined
  /** True while it is connected or tries to be. */
  readonly active: boolean
  /** Why the last attempt failed; undefined after a hello. */
  readonly trouble: GatewayError | undefined
  start(): void
  stop(): Promise<void>
}

interface Attempt {
  readonly client: GatewayClient
  /** True once `start()` has returned: what fails before that failed without a socket. */
  started: boolean
  saidHello: boolean
  /** True where the reference client has given up. */
  paused: boolean
  /** True where the reference client was left to try again with the token of the device. */
  triedDeviceToken: boolean
  error: unknown
}

const firstDelayMs = 250
const longestDelayMs = 3000

/**
 * Makes a link that is not started.
 *
 * The reference client would wait up to 30 seconds between two attempts; here each connection has a client of its own, and a
 * Gateway that comes back is found within three.
 */
export function createGatewayLink(options: CheckedTransportOptions, listener: LinkListener): GatewayLink {
  let current: Attempt | undefined
  let connected: GatewayClient | undefined
  let trouble: GatewayError | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let failures = 0

  function open(): void {
    timer = undefined
    try {
      const client = createClient(options, {
        onEvent: listener.onEvent,
        onHelloOk(hello) {
          if (current !== attempt) return
          const said = parseHello(hello)
          // A Gateway that says nothing of its protocol was let in by the one that was asked for.
          if (said.protocol !== protocol && said.protocol !== 0) {
            fail(otherProtocol(said.protocol), 1002, 'protocol mismatch')
            return
          }
          attempt.saidHello = true
          failures = 0
          trouble = undefined
          connected = attempt.client
          listener.onConnected(said)
        },
        onConnectError(error) {
          attempt.error = error
        },
        onReconnectPaused() {
          attempt.paused = true
        },
        onClose: (code, reason, info) => onClose(attempt, code, reason, info),
      })
      const attempt: Attempt = {
        client,
        started: false,
        saidHello: false,
        paused: false,
        triedDeviceToken: false,
        error: undefined,
      }
      current = attempt
      client.start()
      attempt.started = true
      // There is no socket that could close and tell of it: the address or the options were refused.
      if (attempt.error !== undefined) fail(attempt.error, 1008, 'not opened')
    } catch (error) {
      fail(error, 1008, 'not opened')
    }
  }

  function onClose(
    attempt: Attempt,
    code: number,
    reason: string,
    info: GatewayClientCloseInfo | undefined,
  ): void {
    if (current !== attempt) return
    const cause = attempt.saidHello ? undefined : (info?.connectError ?? attempt.error)
    const error = convertError(cause ?? new Error(`gateway closed (${code}): ${reason}`), 'connect')
    attempt.error = undefined
    trouble = error
    connected = undefined
    if (attempt.saidHello) {
      retire()
      listener.onLost(code, reason)
      // The listener may have stopped the link.
      if (timer === undefined && current === undefined) schedule()
      return
    }
    if (!attempt.paused && willRetryItself(attempt, cause, error)) return
    if (attempt.paused || isFinal(error)) {
      fail(cause, code, reason)
      return
    }
    retire()
    schedule()
  }

  /** True where the reference client holds something back for its next attempt: a hint when to come again, or another token. */
  function willRetryItself(attempt: Attempt, cause: unknown, error: GatewayError): boolean {
    if (error.gatewayCode === 'startup-sidecars') return true
    if (options.device === undefined || attempt.triedDeviceToken) return false
    attempt.triedDeviceToken = shouldRetryGatewayWithDeviceToken({
      retryBudgetUsed: false,
      ...(options.deviceToken === undefined ? {} : { currentDeviceToken: options.deviceToken }),
      ...(options.token === undefined ? {} : { explicitToken: options.token }),
      ...storedToken(options),
      trustedEndpoint: true,
      errorDetails: cause instanceof Error && 'details' in cause ? cause.details : undefined,
    })
    return attempt.triedDeviceToken
  }

  function schedule(): void {
    const delayMs = Math.min(longestDelayMs, firstDelayMs * 2 ** failures)
    failures += 1
    // Many clients of one Gateway must not all come back in the same moment.
    timer = setTimeout(open, delayMs * (0.6 + 0.4 * Math.random()))
  }

  function retire(): void {
    const attempt = current
    current = undefined
    connected = undefined
    attempt?.client.stop()
  }

  function fail(cause: unknown, code: number, reason: string): void {
    retire()
    const error = PincerError.isInstance(cause) ? cause : convertError(cause, 'connect')
    failures = 0
    listener.onFailed(error, code, reason)
  }

  return {
    get client() {
      return connected
    },
    get active() {
      return current !== undefined || timer !== undefined
    },
    get trouble() {
      return trouble
    },
    start() {
      if (current === undefined && timer === undefined) open()
    },
    async stop() {
      clearTimeout(timer)
      timer = undefined
      failures = 0
      const attempt = current
      current = undefined
      connected = undefined
      // A socket that does not close in time is cut by the client itself.
      await attempt?.client.stopAndWait().catch(() => undefined)
    },
  }
}

// What nobody has a name for is taken for a passing trouble of the network.
function isFinal(error: GatewayError): boolean {
  return !error.retryable && error.gatewayCode !== undefined
}

function storedToken({ device, url }: CheckedTransportOptions): { readonly storedToken?: string } {
  try {
    const stored = device?.loadToken({ gateway: gatewayOriginScope(url), role: 'operator' })
    return stored === undefined ? {} : { storedToken: stored.token }
  } catch {
    // Why it cannot be read is what the attempt has failed with.
    return {}
  }
}

function otherProtocol(theirs: number): GatewayError {
  return new GatewayError(
    `connect: the Gateway speaks protocol ${theirs}, this client speaks protocol ${protocol}; update ${theirs < protocol ? 'OpenClaw' : 'Pincer'}`,
    { status: 426, gatewayCode: 'PROTOCOL_MISMATCH' },
  )
}
