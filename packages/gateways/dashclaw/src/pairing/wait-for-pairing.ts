import type { CallOptions } from '../methods/method.ts'
import { pause } from '../pause.ts'
import { DashClawError } from '../request/dashclaw-error.ts'
import { startDeadline } from '../request/deadline.ts'
import { invalidInput } from '../request/invalid-input.ts'

/** How a pairing is waited for. */
export interface PairingWaitOptions extends CallOptions {
  /** Milliseconds until the wait is given up; 300,000. */
  readonly timeoutMs?: number
  /** The same as `timeoutMs`. */
  readonly timeout?: number
  /** Milliseconds between looks at the pairing; 2000. */
  readonly intervalMs?: number
  /** The same as `intervalMs`. */
  readonly interval?: number
}

/**
 * Waits until a person has approved a pairing.
 *
 * @throws DashClawError with the `gatewayCode` `pairing_expired` or `timeout`, or the signal's reason.
 */
export async function waitForPairing<Pairing extends { readonly status: string }>(
  getPairing: (pairingId: string, options: CallOptions) => Promise<{ readonly pairing: Pairing }>,
  pairingId: string,
  options: PairingWaitOptions = {},
): Promise<Pairing> {
  const timeoutMs = readTime('timeoutMs', options.timeoutMs ?? options.timeout ?? 300_000)
  const intervalMs = readTime('intervalMs', options.intervalMs ?? options.interval ?? 2000)
  const deadline = startDeadline(timeoutMs, options.signal)
  try {
    while (true) {
      const pairing = await getPairing(pairingId, { signal: deadline.signal }).then(
        (answer) => answer.pairing,
        (error: unknown) => {
          // A server that is away for a moment is asked again.
          if (error instanceof DashClawError && error.retryable) return undefined
          throw error
        },
      )
      if (pairing?.status === 'approved') return pairing
      if (pairing?.status === 'expired') {
        throw new DashClawError(
          `waitForPairing: the pairing ${pairingId} expired before anybody approved it; create another`,
          { gatewayCode: 'pairing_expired', status: 410 },
        )
      }
      await pause(intervalMs, deadline.signal)
    }
  } catch (error) {
    if (!deadline.hasPassed()) throw error
    throw new DashClawError(
      `waitForPairing: nobody approved the pairing ${pairingId} within ${timeoutMs} ms`,
      {
        gatewayCode: 'timeout',
        retryable: true,
      },
    )
  } finally {
    deadline.clear()
  }
}

function readTime(name: string, value: unknown): number {
  if (typeof value === 'number' && value > 0 && value <= 2_147_483_647) return value
  throw invalidInput(`waitForPairing: ${name}`, 'milliseconds above 0', value)
}
