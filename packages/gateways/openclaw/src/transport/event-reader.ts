import { GatewayError, type GatewayEvent } from '@pincer/protocol'
import { estimateBytes } from '../events/estimate-bytes.ts'
import type { ConnectionChange } from './transport.ts'

/** Where a reader gets its events from. */
export interface EventSource {
  subscribe(listener: (event: GatewayEvent) => void): () => void
  onConnection(listener: (change: ConnectionChange) => void): () => void
  /** Why the connection was given up; undefined where its owner closed it. */
  failure(): Error | undefined
}

const mostUnread = 10_000
const mostUnreadBytes = 67_108_864

/** Makes an async iterable of events: each loop over it hears what comes from its start on, and holds a bounded number unread. */
export function createEventReader(
  source: EventSource,
  filter: ((event: GatewayEvent) => boolean) | undefined,
): AsyncIterable<GatewayEvent> {
  return { [Symbol.asyncIterator]: () => openReader(source, filter) }
}

function openReader(
  source: EventSource,
  filter: ((event: GatewayEvent) => boolean) | undefined,
): AsyncIterator<GatewayEvent> {
  const unread: GatewayEvent[] = []
  const sizes: number[] = []
  let bytes = 0
  let read = 0
  let failure: unknown
  let done = false
  const waiting: (() => void)[] = []

  const stopEvents = source.subscribe((event) => {
    if (done) return
    try {
      if (filter !== undefined && !filter(event)) return
    } catch (error) {
      end(error)
      return
    }
    const size = estimateBytes(event.payload)
    unread.push(event)
    sizes.push(size)
    bytes += size
    const isTooLarge = bytes > mostUnreadBytes
    if (isTooLarge || unread.length - read > mostUnread) {
      end(
        new GatewayError(
          `events: the reader is ${isTooLarge ? '64 MiB' : `${mostUnread} events`} behind; read faster, or pass a filter that lets fewer through`,
          { gatewayCode: 'READER_TOO_SLOW' },
        ),
      )
    }
    wake()
  })
  const stopChanges = source.onConnection((change) => {
    if (change.status === 'disconnected' && !change.reconnecting) end(source.failure())
  })

  function end(error: unknown): void {
    if (done) return
    done = true
    failure = error
    stopEvents()
    stopChanges()
    wake()
  }

  function wake(): void {
    for (const go of waiting.splice(0)) go()
  }

  async function next(): Promise<IteratorResult<GatewayEvent, undefined>> {
    for (;;) {
      const event = unread[read]
      if (event !== undefined) {
        bytes -= sizes[read] ?? 0
        read += 1
        // Moving the rest at every event would make a long backlog slow.
        if (read === unread.length || read >= 1024) {
          unread.splice(0, read)
          sizes.splice(0, read)
          read = 0
        }
        return { value: event, done: false }
      }
      if (failure !== undefined) {
        const thrown = failure
        failure = undefined
        throw thrown
      }
      if (done) return { value: undefined, done: true }
      await new Promise<void>((resolve) => {
        waiting.push(resolve)
      })
    }
  }

  return {
    next,
    async return() {
      end(undefined)
      unread.length = 0
      sizes.length = 0
      bytes = 0
      read = 0
      return { value: undefined, done: true }
    },
  }
}
