import type { ClawEvent, ClawEventData, ClawEventType, GatewayEvent } from '@pincer/protocol'
import type { RunState } from './run-state.ts'

/** What the envelope of an event says beside its type and data. */
export interface Envelope {
  /** Where the event has an id of its own, such as `<approvalId>.requested`. */
  readonly id?: string | undefined
  /** Epoch milliseconds. */
  readonly ts: number
  readonly runId?: string | undefined
  readonly actionId?: string | undefined
  readonly sessionId?: string | undefined
  readonly sessionKey?: string | undefined
  readonly taskId?: string | undefined
  readonly agentId?: string | undefined
}

/** Hears of every normalized event; `run` is there where the event is one of the run's sequence. */
export type EventListener = (event: ClawEvent, run: RunState | undefined) => void

/** Makes events out of types and data, and tells them. */
export interface EventTeller {
  /** Tells the next event of a run's sequence. */
  inRun<Type extends ClawEventType>(
    run: RunState,
    type: Type,
    data: ClawEventData[Type],
    frame: GatewayEvent | undefined,
    ts: number,
    actionId?: string,
    id?: string,
    taskId?: string,
  ): void
  /** Tells an event that belongs to no run's sequence, though it may name a run. */
  beside<Type extends ClawEventType>(
    type: Type,
    data: ClawEventData[Type],
    frame: GatewayEvent,
    envelope: Envelope,
  ): void
}

type Draft = { -readonly [Field in keyof ClawEvent]?: ClawEvent[Field] }

/** Makes a teller whose events go to `listener`. */
export function createEventTeller(listener: EventListener): EventTeller {
  let told = 0
  return {
    inRun(run, type, data, frame, ts, actionId, id, taskId) {
      const seq = ++run.seq
      const event: Draft = { version: 1, id: id ?? `${run.runId}.${seq}`, ts, type, runId: run.runId }
      if (actionId !== undefined) event.actionId = actionId
      event.seq = seq
      if (run.sessionId !== undefined) event.sessionId = run.sessionId
      if (run.sessionKey !== undefined) event.sessionKey = run.sessionKey
      if (taskId !== undefined) event.taskId = taskId
      if (run.agentId !== undefined) event.agentId = run.agentId
      event.data = data
      if (frame !== undefined) event.raw = frame
      // Type and data belong together by the signature, which the compiler cannot see in a draft.
      const whole = event as ClawEvent
      if (type === 'run.started') run.started = whole
      listener(whole, run)
    },
    beside(type, data, frame, envelope) {
      told += 1
      const id = envelope.id ?? `${frame.event}.${envelope.ts}.${told}.${frame.seq ?? 'local'}`
      const event: Draft = { version: 1, id, ts: envelope.ts, type }
      if (envelope.runId !== undefined) event.runId = envelope.runId
      if (envelope.actionId !== undefined) event.actionId = envelope.actionId
      if (envelope.sessionId !== undefined) event.sessionId = envelope.sessionId
      if (envelope.sessionKey !== undefined) event.sessionKey = envelope.sessionKey
      if (envelope.taskId !== undefined) event.taskId = envelope.taskId
      if (envelope.agentId !== undefined) event.agentId = envelope.agentId
      event.data = data
      event.raw = frame
      listener(event as ClawEvent, undefined)
    },
  }
}
