import type { ApprovalState } from './approval-state.ts'
import type { EventTeller } from './event-teller.ts'
import { createRecentSet, type RecentSet } from './recent-set.ts'
import type { RunState } from './run-state.ts'

// What strangers' runs and requests may take at most; runs that are followed do not count.
const maxEndedRuns = 5000
const maxRememberedRequests = 2000

/** Everything a normalizer remembers between two frames. */
export interface NormalizerState {
  readonly teller: EventTeller
  /** Epoch milliseconds, for frames that carry no time. */
  readonly now: () => number
  /** Runs that are open, by id. */
  readonly runs: Map<string, RunState>
  /** Those of them that nobody follows, oldest first. */
  readonly strangers: Set<RunState>
  /** Runs that have ended: whatever still comes of them tells nothing. */
  readonly endedRuns: RecentSet
  /** Ids under which the Gateway resumed a run, and the run's own id. */
  readonly aliases: Map<string, string>
  /** Runs of which an event is held back until the next frame. */
  readonly waiting: Set<RunState>
  readonly approvals: Map<string, ApprovalState>
  /** Questions that were asked, and those that were answered, as `<questionId>.<what>`. */
  readonly questions: RecentSet
  /** Messages that were put into a session without a run. */
  readonly injected: RecentSet
}

/** Makes the memory of a normalizer that has seen nothing. */
export function createNormalizerState(teller: EventTeller, now: () => number): NormalizerState {
  return {
    teller,
    now,
    runs: new Map(),
    strangers: new Set(),
    endedRuns: createRecentSet(maxEndedRuns),
    aliases: new Map(),
    waiting: new Set(),
    approvals: new Map(),
    questions: createRecentSet(maxRememberedRequests),
    injected: createRecentSet(maxRememberedRequests),
  }
}
