import type { ClawEvent, ClawEventData, ClawEventType } from '@pincer/protocol'

import type { Capture } from './capture.ts'
import type { Clock } from './clock.ts'
import type { OutboxEntry, Priority } from './outbox-store.ts'

/** What all events of one run have in common. */
export interface RunIdentity {
  readonly runId: string
  readonly parentRunId: string | undefined
  readonly sessionKey: string | undefined
  readonly agentId: string | undefined
  /** False where sampling left the run out: its handles work, nothing is recorded. */
  readonly recorded: boolean
  /** Position of the last event of the run. */
  seq: number
}

/** Records one event of a run; `data` holds captured values only. */
export type Recorder = <Type extends ClawEventType>(
  run: RunIdentity,
  type: Type,
  data: ClawEventData[Type],
  actionId?: string,
  id?: string,
) => void

// An envelope without its data, in bytes, as it weighs in memory.
const envelopeBytes = 320

/** Makes what makes events: it stamps id, time and position, weighs them and hands them on. */
export function createRecorder(
  clock: Clock,
  capture: Capture,
  newId: (now: number) => string,
  add: (entry: OutboxEntry) => void,
): Recorder {
  return (run, type, data, actionId, id) => {
    const bytes = envelopeBytes + capture.weigh()
    if (!run.recorded) return
    const ts = clock.now()
    const event = {
      version: 1,
      id: id ?? newId(ts),
      ts,
      type,
      runId: run.runId,
      parentRunId: run.parentRunId,
      actionId,
      seq: ++run.seq,
      sessionKey: run.sessionKey,
      agentId: run.agentId,
      data,
    }
    // Fields that hold `undefined` vanish on the wire; one shape for all events keeps this path fast.
    add({ event: event as unknown as ClawEvent, bytes, priority: priorityOf(type) })
  }
}

const priorities = new Map<ClawEventType, Priority>()

/** What may be dropped first when the outbox is full: deltas, then the ordinary, last what settles a run. */
function priorityOf(type: ClawEventType): Priority {
  let priority = priorities.get(type)
  if (priority === undefined) {
    const settles = /^(?:usage|approval)|(?:completed|failed|cancelled|timed_out)$/
    priority = type.endsWith('.delta') ? 0 : settles.test(type) ? 2 : 1
    priorities.set(type, priority)
  }
  return priority
}
