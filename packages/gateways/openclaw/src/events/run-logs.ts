import type { ClawEvent } from '@pincer/protocol'
import type { RunOutcome } from './event-feed.ts'
import type { FeedBounds } from './feed-options.ts'
import { createRunLog, type RunLog } from './run-log.ts'

const maxKeptTextLength = 4000

/** What is left of a run whose log is gone. */
interface RunRemains {
  readonly outcome: RunOutcome
  /** The terminal event. */
  readonly end: ClawEvent
  /** How many events the log held before it. */
  readonly dropped: number
}

/** The logs of all runs, within bounds: open runs that somebody asked for stay, all others go oldest first. */
export interface RunLogs {
  get(runId: string): RunLog | undefined
  /** The log of that run, made where there is none. */
  open(runId: string): RunLog
  /** Keeps the log while its run is open. */
  keep(log: RunLog): void
  /** Takes note that a run has ended. */
  finish(log: RunLog, end: ClawEvent): void
  /** What is left of a run whose log is gone. */
  remains(runId: string): RunRemains | undefined
  delete(runId: string): void
  all(): Iterable<RunLog>
}

/** Makes an empty set of logs. */
export function createRunLogs(bounds: Required<FeedBounds>): RunLogs {
  const logs = new Map<string, RunLog>()
  const strangers = new Set<RunLog>()
  const finished = new Map<RunLog, ClawEvent>()
  const remains = new Map<string, RunRemains>()
  let finishedBytes = 0

  const isNeeded = (log: RunLog): boolean => log.readers.size > 0 || log.waiters.size > 0

  function remove(log: RunLog): void {
    if (logs.get(log.runId) === log) logs.delete(log.runId)
    strangers.delete(log)
    const end = finished.get(log)
    if (end === undefined) return
    finished.delete(log)
    finishedBytes -= log.events.bytes
    if (log.outcome === undefined) return
    const { raw: _, ...bare } = end
    remains.set(log.runId, {
      outcome: withoutLongText(log.outcome),
      end: withoutLongOutput(bare),
      dropped: log.events.count - 1,
    })
    if (remains.size > bounds.outcomes) deleteFirst(remains)
  }

  function limitStrangers(): void {
    let looked = 0
    while (strangers.size > bounds.strangers && looked++ < bounds.strangers) {
      const [oldest] = strangers
      if (oldest === undefined) return
      // Who is being read goes to the end of the row.
      strangers.delete(oldest)
      if (isNeeded(oldest)) strangers.add(oldest)
      else remove(oldest)
    }
  }

  function limitFinished(): void {
    while (finished.size > bounds.finished.items || finishedBytes > bounds.finished.bytes) {
      const [oldest] = finished.keys()
      if (oldest === undefined) return
      remove(oldest)
    }
  }

  return {
    get: (runId) => logs.get(runId),
    open(runId) {
      const known = logs.get(runId)
      if (known !== undefined) return known
      const log = createRunLog(runId, bounds.strangerLog)
      logs.set(runId, log)
      strangers.add(log)
      limitStrangers()
      return log
    },
    keep(log) {
      strangers.delete(log)
      log.events.bind(bounds.log)
    },
    finish(log, end) {
      strangers.delete(log)
      finished.set(log, end)
      finishedBytes += log.events.bytes
      limitFinished()
    },
    remains: (runId) => remains.get(runId),
    delete(runId) {
      const log = logs.get(runId)
      if (log !== undefined) remove(log)
      remains.delete(runId)
    },
    all: () => logs.values(),
  }
}

function withoutLongText(outcome: RunOutcome): RunOutcome {
  if (outcome.text === undefined || outcome.text.length <= maxKeptTextLength) return outcome
  const { text: _, ...rest } = outcome
  return rest
}

function withoutLongOutput(end: ClawEvent): ClawEvent {
  const output = 'output' in end.data ? end.data.output : undefined
  if (typeof output !== 'string' || output.length <= maxKeptTextLength) return end
  // Only a terminal event comes here, and none of their shapes needs its output.
  const { output: _, ...data } = end.data as { readonly output?: unknown }
  return { ...end, data } as ClawEvent
}

function deleteFirst(map: Map<string, unknown>): void {
  for (const key of map.keys()) {
    map.delete(key)
    return
  }
}
