import type { ActionSummary } from '@pincer/protocol'
import type { Cost } from './cost.ts'

/** An action as this gateway keeps it: with its cost, and where the price of it comes from. */
export interface ActionRecord extends ActionSummary {
  readonly cost?: Cost
}
