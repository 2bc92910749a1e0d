import type { DatabaseSync } from 'node:sqlite'
import type { ClawEvent } from '@pincer/protocol'
import { createActionProjection } from './action-projection.ts'
import type { PriceUsage } from './price.ts'
import { createRunProjection } from './run-projection.ts'

/** An event that was just kept, with where it lies and where it stands in its run. */
export interface KeptEvent {
  readonly event: ClawEvent
  readonly position: number
  readonly place: string
  readonly replaced: boolean
}

/**
 * Reads runs, actions and usage from events as they are kept.
 *
 * Each event only ever fills slots by rules that do not look at arrival (the smallest place wins, a set grows), so that
 * any order and repetition of the same events gives the same record.
 */
export function createProjection(
  database: DatabaseSync,
  price: PriceUsage,
): (kept: readonly KeptEvent[]) => void {
  const projectRun = createRunProjection(database)
  const projectAction = createActionProjection(database, price)
  return (kept) => {
    for (const one of kept) {
      projectRun(one)
      projectAction(one)
    }
  }
}
