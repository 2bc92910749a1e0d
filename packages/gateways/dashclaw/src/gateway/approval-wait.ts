import { type Approval, GatewayError } from '@pincer/protocol'
import { pause } from '../pause.ts'
import type { GatewayCalls } from './gateway-calls.ts'
import type { RowWatch } from './row-watch.ts'

/** What waiting for an answer needs. */
export interface ApprovalWaitParts {
  readonly calls: GatewayCalls
  readonly watch: RowWatch
  /** The approval as it stands; rejects where there is none. */
  readonly find: (
    options: { readonly timeoutMs: number; readonly wasPending: boolean },
    signal: AbortSignal,
  ) => Promise<Approval>
}

const longestOutageMs = 60_000
const lookEveryMs = 5000
const shortestLookMs = 5000
const longestLookMs = 30_000

/**
 * Resolves once the approval is no longer pending, or as it stands after `timeoutMs` milliseconds; sits out outages of up to a minute.
 *
 * The server's events say when to look, and it is looked at every five seconds beside them. The first look is after it was begun to listen, so
 * that nothing is missed between the two.
 *
 * @throws GatewayError where there is no such approval; the signal's reason.
 */
export async function waitForApproval(
  { calls, watch, find }: ApprovalWaitParts,
  approvalId: string,
  timeoutMs: number | undefined,
  given: AbortSignal | undefined,
): Promise<Approval> {
  const signal = calls.until(given)
  const end = timeoutMs === undefined ? Infinity : performance.now() + timeoutMs
  let changed = Promise.withResolvers<void>()
  const unwatch = timeoutMs === 0 ? undefined : watch.watch(approvalId, () => changed.resolve())
  let awaySince: number | undefined
  let wasPending = false
  try {
    while (true) {
      changed = Promise.withResolvers<void>()
      try {
        const approval = await find({ timeoutMs: lookWithin(end), wasPending }, signal)
        awaySince = undefined
        if (approval.status !== 'pending' || performance.now() >= end) return approval
        wasPending = true
      } catch (error) {
        calls.check(given)
        if (!(error instanceof GatewayError) || !error.retryable) throw error
        awaySince ??= performance.now()
        if (performance.now() - awaySince > longestOutageMs || performance.now() >= end) throw error
      }
      await restUntil(
        changed.promise,
        Math.min(lookEveryMs * (0.9 + Math.random() / 5), end - performance.now()),
        signal,
      )
    }
  } finally {
    unwatch?.()
  }
}

async function restUntil(changed: Promise<void>, ms: number, signal: AbortSignal): Promise<void> {
  const rest = new AbortController()
  const resting = pause(Math.max(0, ms), AbortSignal.any([signal, rest.signal]))
  try {
    await Promise.race([changed, resting])
  } finally {
    rest.abort()
    resting.catch(() => {})
  }
}

/** A look takes no longer than there is time to wait, but never so little that it could not be answered. */
function lookWithin(end: number): number {
  return Math.ceil(Math.max(shortestLookMs, Math.min(longestLookMs, end - performance.now())))
}
