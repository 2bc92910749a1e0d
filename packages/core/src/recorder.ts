import type { ClawEvent, ClawEventData, ClawEventType } from '@pincer/protocol'

import type { Capture } from './capture.ts'
import type { Clock } from './clock.ts'
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
  readonly #newId: () => string
  readonly #add: (event: ClawEvent, bytes: number, priority: Priority) => void

  constructor(
    clock: Clock,
    capture: Capture,
    newId: () => string,
    add: (event: ClawEvent, bytes: number, priority: Priority) => void,
  ) {
    this.#clock = clock
    this.#capture = capture
    this.#newId = newId
    this.#add = add
  }

  /** Records one event of a run; `data` holds captured values only. */
  emit<Type extends ClawEventType>(
    run: RunIdentity,
    type: Type,
    data: ClawEventData[Type],
    actionId?: string,
    id: string = this.#newId(),
  ): void {
    const bytes = envelopeBytes + this.#capture.bytes
    this.#capture.bytes = 0
    if (!run.recorded) return
    const event = {
      version: 1,
      id,
      ts: this.#clock.now(),
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
    this.#add(event as unknown as ClawEvent, bytes, priorityOf(type))
  }
}

/** What may be dropped first when the outbox is full: deltas, then the ordinary, last what settles a run. */
function priorityOf(type: ClawEventType): Priority {
  switch (type) {
    case 'assistant.delta':
    case 'thinking.delta':
    case 'tool.call.delta':
      return 0
    case 'run.completed':
    case 'run.failed':
    case 'run.cancelled':
    case 'run.timed_out':
    case 'model.call.completed':
    case 'model.call.failed':
    case 'tool.call.completed':
    case 'tool.call.failed':
    case 'retrieval.completed':
    case 'retrieval.failed':
    case 'usage.reported':
    case 'approval.requested':
    case 'approval.resolved':
      return 2
    default:
      return 1
  }
}
