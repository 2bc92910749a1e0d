import type { RequestOptions } from '@pincer/protocol'
import type { EventSourceMessage } from 'eventsource-parser'
import { pause } from '../pause.ts'
import { DashClawError } from '../request/dashclaw-error.ts'
import { parseAnswer } from '../request/parse-answer.ts'
import type { StreamEvent } from './event-types.ts'
import { openStream, type StreamAddress } from './open-stream.ts'
import { readFrames } from './read-frames.ts'

/** How the server's events are read. */
export interface EventsOptions extends RequestOptions {
  /** Go on behind this event: the server sends again what it still has. */
  readonly lastEventId?: string
  /** False ends the reader where the connection breaks; true. */
  readonly reconnect?: boolean
  /** How many connections in a row may fail before the reader is told; without end. */
  readonly maxRetries?: number
  /** Milliseconds before a new connection, the longer the more of them failed; 1000. */
  readonly retryInterval?: number
}

// The server gives a sign of life every 15 seconds.
const silenceMs = 45_000
const longestPauseMs = 30_000

/**
 * Reads the server's events, over as many connections as it takes: each goes on behind the last event that was read.
 *
 * @throws DashClawError where the server refuses, or, without `reconnect`, cannot be reached; the signal's reason.
 */
export async function* readEvents(
  address: StreamAddress,
  options: EventsOptions,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent, void, undefined> {
  const { reconnect = true, maxRetries = Infinity, retryInterval = 1000 } = options
  let { lastEventId } = options
  let failures = 0
  while (true) {
    signal.throwIfAborted()
    let fault: unknown = new DashClawError('events: the stream ended', { retryable: true })
    try {
      const stream = await openStream(address, lastEventId, signal)
      for await (const frame of readFrames(stream, silenceMs, signal)) {
        failures = 0
        const event = readEvent(frame)
        if (event === undefined) continue
        yield event
        // Only now it is read: a reader that stopped before would miss it.
        lastEventId = event.id ?? lastEventId
      }
      if (!reconnect) return
    } catch (error) {
      signal.throwIfAborted()
      if (!reconnect) throw error
      fault = error
    }
    failures += 1
    if (!(fault instanceof DashClawError && fault.retryable) || failures > maxRetries) throw fault
    const waitMs = Math.min(longestPauseMs, retryInterval * 2 ** Math.min(failures - 1, 10))
    await pause(Math.max(fault.retryAfterMs ?? 0, waitMs * (0.5 + Math.random() / 2)), signal)
  }
}

function readEvent({ event, data, id }: EventSourceMessage): StreamEvent | undefined {
  try {
    const value = parseAnswer(data)
    if (event === undefined || typeof value !== 'object' || value === null) return undefined
    // Servers may send more types than are known, and their rows are not checked field by field.
    return { type: event, data: value, ...(id === undefined ? {} : { id }) } as unknown as StreamEvent
  } catch {
    // What cannot be read now never can: the next frame may.
    return undefined
  }
}
