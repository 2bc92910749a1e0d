import type { ActionRow } from '../methods/action-results.ts'
import type { LoopRow } from '../methods/integrity-results.ts'

type Row = Readonly<Record<string, unknown>>

/** What the server tells in its stream, by the event's name. */
export interface StreamEventData {
  /** The stream stands; what was missed has been sent before it. */
  connected: {
    readonly status: string
    readonly orgId?: string
    readonly backend?: string
    readonly realtimeStatus?: string
    /** How many events were sent again. */
    readonly replayed?: number
    readonly lastEventId?: string | null
    readonly replayError?: string | null
  }
  'action.created': ActionRow
  'action.updated': ActionRow
  'action.cost_exceeded': Row
  'message.created': Row
  'decision.created': Row
  'guard.decision.created': Row
  'loop.created': LoopRow
  'loop.updated': LoopRow
  'goal.created': Row
  'goal.updated': Row
  'policy.updated': Row
  'task.assigned': Row
  'task.completed': Row
  'token.usage': Row
  'signal.detected': Row
}

/** The name of an event that is known. */
export type StreamEventType = keyof StreamEventData

/** One event of the server's stream: narrowing on `type` narrows `data`; servers may send types beside these. */
export type StreamEvent = {
  readonly [Type in StreamEventType]: {
    readonly type: Type
    readonly data: StreamEventData[Type]
    /** Give it as `lastEventId` to go on behind this event; absent on `connected`. */
    readonly id?: string
  }
}[StreamEventType]
