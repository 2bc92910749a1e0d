import type { ClawEvent, GatewayEvent } from '@pincer/protocol'
import type { Connection } from '../src/connection/connection.ts'

/** A connection whose events the test sends itself; it answers nothing. */
export interface SentConnection extends Connection {
  send(...frames: readonly GatewayEvent[]): void
  /** How many listen. */
  readonly listeners: number
}

/** Makes a connection without a Gateway. */
export function createSentConnection(): SentConnection {
  const listeners = new Set<(event: GatewayEvent) => void>()
  return {
    connect: () => Promise.resolve(),
    request: (rpc) => Promise.reject(new Error(`nobody answers ${rpc}`)),
    hello: undefined,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    onConnection: () => () => {},
    closed: false,
    close: () => Promise.resolve(),
    send(...frames) {
      for (const frame of frames) for (const listener of listeners) listener(frame)
    },
    get listeners() {
      return listeners.size
    },
  }
}

/** Reads to the end. */
export async function readAll<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}

/** The types of events, in order. */
export function typesOf(events: readonly ClawEvent[]): readonly string[] {
  return events.map((event) => (event.type === 'raw' ? `raw ${event.data.name}` : event.type))
}
