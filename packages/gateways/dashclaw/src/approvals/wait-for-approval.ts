import { ApprovalTimeoutError } from '@pincer/protocol'
import type { StreamEvent } from '../events/event-types.ts'
import type { ActionFound } from '../methods/action-results.ts'
import type { CallOptions } from '../methods/method.ts'
import { pause } from '../pause.ts'
import { DashClawError } from '../request/dashclaw-error.ts'
import { startDeadline } from '../request/deadline.ts'
import { invalidInput } from '../request/invalid-input.ts'
import { judgeAction } from './judge-action.ts'

/** How an approval is waited for. */
export interface WaitOptions extends CallOptions {
  /** Milliseconds until nobody is expected to decide any more; 300,000. */
  readonly timeoutMs?: number
  /** The same as `timeoutMs`. */
  readonly timeout?: number
  /** Milliseconds between looks at the action beside the server's events; 5000. */
  readonly intervalMs?: number
  /** The same as `intervalMs`. */
  readonly interval?: number
}

/** What waiting needs of a client. */
export interface WaitParts {
  readonly getAction: (actionId: string, options: CallOptions) => Promise<ActionFound>
  /** Reads the server's events until the signal. */
  readonly events: (signal: AbortSignal) => AsyncIterable<StreamEvent>
}

/**
 * Waits until a person has decided on an action; returns at once where nothing is to be decided.
 *
 * The server's events say when to look, and it is looked at every interval beside them: where they cannot be had, and
 * before the first of them, nothing is missed.
 *
 * @throws ApprovalDeniedError, ApprovalTimeoutError, GuardBlockedError where the server blocked it, or the signal's reason.
 */
export async function waitForApproval(
  parts: WaitParts,
  actionId: string,
  options: WaitOptions = {},
): Promise<ActionFound> {
  const timeoutMs = readTime('timeoutMs', options.timeoutMs ?? options.timeout ?? 300_000)
  const intervalMs = readTime('intervalMs', options.intervalMs ?? options.interval ?? 5000)
  const deadline = startDeadline(timeoutMs, options.signal)
  const over = new AbortController()
  const bell = createBell()
  const listening = listen(parts, actionId, AbortSignal.any([deadline.signal, over.signal]), bell.ring)
  let name = actionId
  let wasPending = false
  try {
    while (true) {
      const rung = bell.next()
      const found = await look(parts, actionId, deadline.signal)
      if (found !== undefined) {
        name = found.action.action_type
        if (judgeAction(found.action, wasPending) === 'may go on') return found
        wasPending = true
      }
      const rest = new AbortController()
      const resting = pause(
        intervalMs * (0.9 + Math.random() / 5),
        AbortSignal.any([deadline.signal, rest.signal]),
      )
      await Promise.race([rung, resting]).finally(() => {
        rest.abort()
        resting.catch(() => {})
      })
    }
  } catch (error) {
    if (deadline.hasPassed()) throw new ApprovalTimeoutError(name, actionId, timeoutMs)
    throw error
  } finally {
    over.abort()
    deadline.clear()
    await listening
  }
}

async function look(
  { getAction }: WaitParts,
  actionId: string,
  signal: AbortSignal,
): Promise<ActionFound | undefined> {
  try {
    return await getAction(actionId, { signal })
  } catch (error) {
    // A server that is away for a moment is asked again.
    if (error instanceof DashClawError && error.retryable) return undefined
    throw error
  }
}

// Every connection, the first and each later one, is followed by a look: what happened before it is in the row.
async function listen(
  { events }: WaitParts,
  actionId: string,
  signal: AbortSignal,
  ring: () => void,
): Promise<void> {
  try {
    for await (const event of events(signal)) {
      if (event.type === 'connected') ring()
      if (event.type === 'action.updated' && event.data.action_id === actionId) ring()
    }
  } catch {
    // Without events, looking at every interval remains.
  }
}

interface Bell {
  /** Resolves at the next ring. */
  readonly next: () => Promise<void>
  readonly ring: () => void
}

function createBell(): Bell {
  let waiting = Promise.withResolvers<void>()
  return {
    next: () => waiting.promise,
    ring: () => {
      const { resolve } = waiting
      waiting = Promise.withResolvers<void>()
      resolve()
    },
  }
}

function readTime(name: string, value: unknown): number {
  if (typeof value === 'number' && value > 0 && value <= 2_147_483_647) return value
  throw invalidInput(`waitForApproval: ${name}`, 'milliseconds above 0', value)
}
