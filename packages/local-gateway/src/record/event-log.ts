import type { DatabaseSync } from 'node:sqlite'
import type { ClawEvent, EventVerdict } from '@pincer/protocol'
import { transact } from '../database.ts'
import type { Hub } from '../hub.ts'
import { type Admission, createAdmission } from './admission.ts'
import { createEventStore } from './event-store.ts'
import type { PriceUsage } from './price.ts'
import { createProjection, type KeptEvent } from './projection.ts'
import { firstPosition, streamEvents } from './stream-events.ts'

/** What a stream of events can be narrowed by. */
export interface StreamQuery {
  readonly runId?: string
  /** Replays what was kept after this event, then goes on live. */
  readonly afterId?: string
  /** Replays from the first event kept, then goes on live; `afterId` wins where both are given. */
  readonly fromStart?: boolean
  /** Ends the stream, without an error. */
  readonly signal?: AbortSignal
}

/** The one door through which every event enters, from HTTP or from the gateway's own agents. */
export interface EventLog {
  /** Keeps parsed events and all that is read from them in one transaction; idempotent by event id; one verdict per event, in order. */
  append(events: readonly ClawEvent[]): readonly EventVerdict[]
  /** Keeps parsed events of a client: as {@link EventLog.append}, but what only the gateway may tell is rejected. */
  receive(events: readonly ClawEvent[]): readonly EventVerdict[]
  /** Keeps the gateway's own provisional event: a later event of the same id replaces it and is answered `duplicate`. */
  announce(event: ClawEvent): void
  /**
   * Streams events as they are kept, without loss or repetition, at the reader's pace.
   *
   * @throws GatewayError with `gatewayCode: 'unknown_event'` where `afterId` is not in the record.
   */
  stream(query?: StreamQuery): AsyncIterable<ClawEvent>
}

/** What an event log is made of. */
export interface EventLogParts {
  readonly database: DatabaseSync
  /** Is told of every batch after its commit. */
  readonly hub: Hub
  readonly price: PriceUsage
  /** Ends every stream when aborted. */
  readonly closing: AbortSignal
}

interface KeepOptions {
  readonly provisional?: boolean
  readonly admit?: Admission
}

/** Makes the event log of a database. */
export function createEventLog({ database, hub, price, closing }: EventLogParts): EventLog {
  const store = createEventStore(database)
  const project = createProjection(database, price)
  const admission = createAdmission(database)

  function keep(
    events: readonly ClawEvent[],
    { provisional = false, admit = (): undefined => undefined }: KeepOptions = {},
  ): readonly EventVerdict[] {
    if (events.length === 0) return []
    let fresh = false
    const verdicts = transact(database, () => {
      const kept: KeptEvent[] = []
      const answers = events.map((event): EventVerdict => {
        const refusal = admit(event)
        // What is here already may come back from a reader.
        if (refusal !== undefined && store.positionOf(event.id) === undefined)
          return { id: event.id, status: 'rejected', ...refusal }
        if (refusal !== undefined) return { id: event.id, status: 'duplicate' }
        const { status, position, place } = store.insert(event, provisional)
        if (status !== 'duplicate') kept.push({ event, position, place, replaced: status === 'replaced' })
        if (status === 'accepted') fresh = true
        return { id: event.id, status: status === 'accepted' ? 'accepted' : 'duplicate' }
      })
      project(kept)
      return answers
    })
    if (fresh) hub.publish()
    return verdicts
  }

  return {
    append: (events) => keep(events),
    receive: (events) => keep(events, { admit: admission }),
    announce(event) {
      keep([event], { provisional: true })
    },
    stream: ({ runId, afterId, fromStart = false, signal } = {}) =>
      streamEvents(store, hub, {
        position: firstPosition(store, afterId, fromStart),
        ...(runId === undefined ? {} : { runId }),
        signal: signal === undefined ? closing : AbortSignal.any([signal, closing]),
      }),
  }
}
