import type { ClawEvent, ClawEventData, ClawEventType } from '@pincer/protocol'

import type { Capture } from './capture.ts'
import type { Clock } from './clock.ts'
import type { Outbox } from './outbox.ts'
import type { Priority } from './outbox-store.ts'

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

// An envelope without its data, in bytes, as it weighs in memory.
const envelopeBytes = 320

/** Makes events: stamps id, time and position, weighs them and hands them to the outbox. */
export class Recorder {
  readonly #clock: Clock
  readonly #capture: Capture
  readonly #newId: (now: number) => string
  readonly #outbox: Pick<Outbox, 'add'>

  constructor(clock: Clock, capture: Capture, newId: (now: number) => string, outbox: Pick<Outbox, 'add'>) {
    this.#clock = clock
    this.#capture = capture
    this.#newId = newId
    this.#outbox = outbox
  }

  /** Records one event of a run; `data` holds captured values only. */
  emit<Type extends ClawEventType>(
    run: RunIdentity,
    type: Type,
    data: ClawEventData[Type],
    actionId?: string,
    id?: string,
  ): void {
    const bytes = envelopeBytes + this.#capture.bytes
    this.#capture.bytes = 0
    if (!run.recorded) return
    const ts = this.#clock.now()
    const event = {
      version: 1,
      id: id ?? this.#newId(ts),
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
    this.#outbox.add(event as unknown as ClawEvent, bytes, priorityOf(type))
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
