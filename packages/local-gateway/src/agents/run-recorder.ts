import { randomUUID } from 'node:crypto'
import type { ClawEvent, ClawEventData, ClawEventType, TerminalEventType } from '@pincer/protocol'
import type { EventLog } from '../record/event-log.ts'

/** How a run ended, for the actions that were still open then. */
interface RunStop {
  readonly status: 'completed' | 'failed' | 'cancelled' | 'timed_out'
  readonly reason: string
}

/** Types of events that carry a piece of text. */
type DeltaType = 'assistant.delta' | 'thinking.delta'

/** Writes the events of one run of the gateway's own agents: `seq` from 1 without holes, and one terminal event at the end. */
export interface RunRecorder {
  readonly runId: string
  /** Writes an event; does nothing once the run ended. */
  record<Type extends ClawEventType>(type: Type, data: ClawEventData[Type], actionId?: string): void
  /** Takes an event that was made elsewhere, such as that of an approval, into the run; false once the run ended. */
  adopt(event: ClawEvent): boolean
  /** Does something, and keeps the events that it has adopted until the returned function is called. */
  holdingAdopted<Result>(work: () => Result): { readonly result: Result; readonly release: () => void }
  /** Adds a piece of text; pieces that follow within 40 ms are written as one. */
  delta(type: DeltaType, text: string, place: { readonly itemId: string; readonly actionId: string }): void
  /** Notes an open action; `close` is called where the run ends first. Returns the function that notes its end, true the first time. */
  open(actionId: string, close: (stop: RunStop) => void): () => boolean
  /** Closes open actions, then writes the terminal event; false where the run had ended. */
  finish<Type extends TerminalEventType>(type: Type, data: ClawEventData[Type], stop: RunStop): boolean
  readonly ended: boolean
}

/** What {@link createRunRecorder} needs. */
export interface RunRecorderOptions {
  readonly runId: string
  readonly agentId: string
  readonly sessionKey: string
  readonly parentRunId?: string | undefined
  readonly eventLog: EventLog
  readonly now: () => number
  /** The last `seq` there is, where a run is taken up again; 0. */
  readonly lastSeq?: number
}

const coalesceMs = 40
const longestDelta = 4096

interface PendingDelta {
  readonly type: DeltaType
  readonly itemId: string
  readonly actionId: string
  text: string
}

/** Makes the recorder of one run. */
export function createRunRecorder(options: RunRecorderOptions): RunRecorder {
  const { runId, agentId, sessionKey, parentRunId, eventLog, now } = options
  const closers = new Map<string, (stop: RunStop) => void>()
  let seq = options.lastSeq ?? 0
  let ended = false
  let pending: PendingDelta | undefined
  let timer: NodeJS.Timeout | undefined
  let lastDeltaAt = -Infinity
  let held: ClawEvent[] | undefined

  function write(event: ClawEvent): void {
    const parent = parentRunId === undefined ? {} : { parentRunId }
    eventLog.append([{ ...event, runId, agentId, sessionKey, seq: seq + 1, ...parent }])
    // What could not be kept leaves no hole.
    seq += 1
  }

  function writeNew<Type extends ClawEventType>(
    type: Type,
    data: ClawEventData[Type],
    actionId?: string,
  ): void {
    const place = actionId === undefined ? {} : { actionId }
    // `type` and `data` belong together by the signature, which the union cannot see.
    write({ version: 1, id: `evt_${randomUUID()}`, ts: now(), type, ...place, data } as unknown as ClawEvent)
  }

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    if (pending === undefined) return
    const { type, text, itemId, actionId } = pending
    writeNew(type, { delta: text, itemId }, actionId)
    pending = undefined
    lastDeltaAt = performance.now()
  }

  function flushLater(): void {
    try {
      flush()
    } catch {
      // The pieces go before the next event instead; it fails the run where the database still takes nothing.
    }
  }

  function adopt(event: ClawEvent): boolean {
    if (ended) return false
    flush()
    write(event)
    return true
  }

  return {
    runId,
    record: (type, data, actionId) => {
      if (ended) return
      flush()
      writeNew(type, data, actionId)
    },
    adopt: (event) => {
      if (held === undefined) return adopt(event)
      held.push(event)
      return true
    },
    holdingAdopted: (work) => {
      const mine: ClawEvent[] = []
      held = mine
      try {
        const result = work()
        return { result, release: () => mine.splice(0).forEach(adopt) }
      } finally {
        held = undefined
      }
    },
    delta: (type, text, { itemId, actionId }) => {
      if (ended || text === '') return
      if (pending !== undefined && (pending.type !== type || pending.itemId !== itemId)) flush()
      pending ??= { type, itemId, actionId, text: '' }
      pending.text += text
      const elapsed = performance.now() - lastDeltaAt
      if (elapsed >= coalesceMs || pending.text.length >= longestDelta) flush()
      else timer ??= setTimeout(flushLater, coalesceMs - elapsed)
    },
    open: (actionId, close) => {
      closers.set(actionId, close)
      return () => closers.delete(actionId)
    },
    finish: (type, data, stop) => {
      if (ended) return false
      flush()
      // Each closer notes its own end; what was opened last is closed first.
      for (const close of [...closers.values()].toReversed()) close(stop)
      writeNew(type, data)
      ended = true
      return true
    },
    get ended() {
      return ended
    },
  }
}
