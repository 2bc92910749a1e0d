import type { ClawEvent, Usage } from '@pincer/protocol'
import { type Backlog, type BacklogBound, createBacklog } from './backlog.ts'
import type { FollowedRun, RunOutcome } from './event-feed.ts'
import type { EventReader } from './event-reader.ts'
import { eventPolicy } from './shorten-events.ts'

/** Somebody who waits for a run's outcome. */
export interface OutcomeWaiter {
  readonly resolve: (outcome: RunOutcome) => void
  readonly reject: (reason: unknown) => void
}

/** Everything that is kept of one run. */
export interface RunLog {
  readonly runId: string
  followed: FollowedRun | undefined
  readonly events: Backlog<ClawEvent>
  readonly readers: Set<EventReader<ClawEvent>>
  readonly waiters: Set<OutcomeWaiter>
  /** What the run used, where it was found out together with its outcome. */
  usage: Usage | undefined
  /** True from when the terminal event came, which may be told a little later. */
  ending: boolean
  /** There once the terminal event was told. */
  outcome: RunOutcome | undefined
}

/** Makes the log of a run of which nothing was told. */
export function createRunLog(runId: string, bound: BacklogBound): RunLog {
  return {
    runId,
    followed: undefined,
    events: createBacklog(eventPolicy, bound),
    readers: new Set(),
    waiters: new Set(),
    usage: undefined,
    ending: false,
    outcome: undefined,
  }
}
