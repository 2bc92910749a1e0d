import type { BacklogBound } from './backlog.ts'

/** How much a feed keeps; everything has a default. */
export interface FeedBounds {
  /** The log of one run that is followed, and the backlog of one reader; 2,000 events, 4 MiB. */
  readonly log?: BacklogBound
  /** The log of one run that nobody follows; 500 events, 512 KiB. */
  readonly strangerLog?: BacklogBound
  /** How many runs that nobody follows are logged; 100. */
  readonly strangers?: number
  /** How many finished runs keep their log, and about how many bytes all of them hold; 100, 8 MiB. */
  readonly finished?: BacklogBound
  /** How many runs keep their outcome after their log is gone; 2,000. */
  readonly outcomes?: number
}

/** How the event feed behaves. */
export interface EventFeedOptions {
  /** False leaves the frames as they are: only `rawEvents()` works then; true when absent. */
  readonly normalize?: boolean
  /** Milliseconds that a run's terminal event waits for the run's usage; 5,000 when absent. */
  readonly usageTimeoutMs?: number
  readonly bounds?: FeedBounds
  /** Epoch milliseconds, for events whose frame carries no time. */
  readonly now?: () => number
}

const mebibyte = 1_048_576

/** Every bound of a feed, with its default where none was given. */
export function completeBounds(bounds: FeedBounds = {}): Required<FeedBounds> {
  return {
    log: bounds.log ?? { items: 2000, bytes: 4 * mebibyte },
    strangerLog: bounds.strangerLog ?? { items: 500, bytes: mebibyte / 2 },
    strangers: bounds.strangers ?? 100,
    finished: bounds.finished ?? { items: 100, bytes: 8 * mebibyte },
    outcomes: bounds.outcomes ?? 2000,
  }
}
