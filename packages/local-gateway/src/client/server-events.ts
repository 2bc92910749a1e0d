import { type ClawEvent, GatewayError, parseEvent } from '@pincer/protocol'
import { createParser, type EventSourceMessage, type EventSourceParser } from 'eventsource-parser'
import type { Call, Exchange } from './exchange.ts'
import { createOutage } from './outage.ts'

/** What a stream of events is asked with. */
export interface ServerEventsCall extends Pick<Call, 'path' | 'query' | 'signal'> {
  /** Tells whether the stream is over after this event; a stream that breaks off before is taken up again. */
  isLast?(event: ClawEvent): boolean
}

const outageLimitMs = 60_000
/** A connection that held so long was a good one, even if nothing happened on it. */
const goodConnectionMs = 5000
const longestEvent = 8 * 1024 * 1024

/**
 * Reads events as a gateway sends them, and takes the stream up again behind the last one when it breaks.
 *
 * @throws GatewayError when the gateway cannot be reached at first, or not again within a minute; the signal's reason.
 */
export async function* readServerEvents(
  exchange: Exchange,
  call: ServerEventsCall,
): AsyncGenerator<ClawEvent, void, undefined> {
  const outage = createOutage(outageLimitMs)
  let lastId: string | undefined
  let hasConnected = false
  for (;;) {
    let connectedAt: number | undefined
    const onOpen = (): void => {
      hasConnected = true
      connectedAt = performance.now()
    }
    try {
      for await (const message of readMessages(exchange, call, lastId, onOpen)) {
        outage.over()
        const event = readEvent(message)
        if (message.id !== undefined) lastId = message.id
        // A newer gateway may send what this version does not know.
        if (event === undefined) continue
        yield event
        if (call.isLast?.(event) === true) return
      }
      throw new GatewayError('the gateway ended the stream', { retryable: true, gatewayCode: 'stream_ended' })
    } catch (error) {
      if (!hasConnected) throw error
      if (connectedAt !== undefined && performance.now() - connectedAt > goodConnectionMs) outage.over()
      await outage.sitOut(error, call.signal)
    }
  }
}

async function* readMessages(
  exchange: Exchange,
  { path, query, signal }: ServerEventsCall,
  lastId: string | undefined,
  onOpen: () => void,
): AsyncGenerator<EventSourceMessage, void, undefined> {
  const arrived: EventSourceMessage[] = []
  const parser = createParser({ onEvent: (message) => arrived.push(message), maxBufferSize: longestEvent })
  const pieces = exchange.stream({
    path,
    ...(query === undefined ? {} : { query }),
    ...(signal === undefined ? {} : { signal }),
    headers: {
      accept: 'text/event-stream',
      ...(lastId === undefined ? {} : { 'last-event-id': encodeHeader(lastId) }),
    },
  })
  let first = true
  for await (const piece of pieces) {
    if (first) onOpen()
    first = false
    feed(parser, piece)
    yield* arrived.splice(0)
  }
}

function feed(parser: EventSourceParser, piece: string): void {
  try {
    parser.feed(piece)
  } catch (cause) {
    throw new GatewayError(`the gateway sent an event of more than ${longestEvent} characters`, {
      gatewayCode: 'too_large',
      cause,
    })
  }
}

/** A header holds bytes: those of UTF-8, as browsers send them. */
function encodeHeader(value: string): string {
  return String.fromCharCode(...new TextEncoder().encode(value))
}

function readEvent(message: EventSourceMessage): ClawEvent | undefined {
  try {
    return parseEvent(JSON.parse(message.data))
  } catch {
    return undefined
  }
}
