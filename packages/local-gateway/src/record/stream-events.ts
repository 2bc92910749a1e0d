import { type ClawEvent, GatewayError } from '@pincer/protocol'
import type { Hub } from '../hub.ts'
import type { EventStore } from './event-store.ts'

/** How many events are read at once; all that a stream ever holds in memory. */
const pageSize = 128

const nothing = { entries: [], more: false }

/** Another process may write to the same file; its events are found this often, in milliseconds. */
const pollMs = 500

/** Where a stream begins, what it is narrowed to and what ends it. */
export interface StreamPlan {
  /** The stream begins with the first event after this position. */
  readonly position: number
  readonly runId?: string
  readonly signal: AbortSignal
}

/**
 * Streams events from the store, then as they arrive.
 *
 * The store is the only buffer: a reader that is slow holds a position, not a backlog.
 */
export async function* streamEvents(store: EventStore, hub: Hub, plan: StreamPlan): AsyncIterable<ClawEvent> {
  const { runId, signal } = plan
  let { position } = plan
  const bell = createBell(hub, signal)
  try {
    while (!signal.aborted) {
      // Read before the page: what is committed after it rings the bell and is found by the next turn.
      const newest = store.lastPosition()
      const page = newest > position ? store.after(position, pageSize, runId) : nothing
      for (const stored of page.entries) {
        position = stored.position
        yield stored.event
        if (signal.aborted) return
      }
      if (page.more) continue
      position = Math.max(position, newest)
      await bell.wait()
    }
  } finally {
    bell.close()
  }
}

/**
 * Finds where a stream begins: after an event, at the first event kept, or now.
 *
 * @throws GatewayError with `gatewayCode: 'unknown_event'` where the event is not in the record.
 */
export function firstPosition(store: EventStore, afterId: string | undefined, fromStart: boolean): number {
  if (afterId === undefined) return fromStart ? 0 : store.lastPosition()
  const position = store.positionOf(afterId)
  if (position !== undefined) return position
  throw new GatewayError('the event to continue after is not in this record', {
    status: 404,
    gatewayCode: 'unknown_event',
  })
}

/** Rings when something was published, when time passed, or when the reader gave up. */
function createBell(hub: Hub, signal: AbortSignal): { wait(): Promise<void>; close(): void } {
  let rung = false
  let wake: (() => void) | undefined
  const ring = (): void => {
    rung = true
    wake?.()
  }
  const leave = hub.subscribe(ring)
  signal.addEventListener('abort', ring, { once: true })
  return {
    async wait() {
      if (!rung) {
        const { promise, resolve } = Promise.withResolvers<void>()
        wake = resolve
        const timer = setTimeout(resolve, pollMs)
        await promise
        clearTimeout(timer)
        wake = undefined
      }
      rung = false
    },
    close() {
      leave()
      signal.removeEventListener('abort', ring)
    },
  }
}
