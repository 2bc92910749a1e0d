import type { DatabaseSync } from 'node:sqlite'
import type { ClawEvent } from '@pincer/protocol'
import type { PriceUsage } from './price.ts'
import type { KeptEvent } from './projection.ts'
import { createUsageProjection } from './usage-projection.ts'

/** The action id of usage that a run reports without naming an action. */
export const ownUsage = ''

/** Prepares the statements that keep the rows of actions and of usage. */
export function createActionProjection(database: DatabaseSync, price: PriceUsage): (kept: KeptEvent) => void {
  const open = database.prepare(
    'INSERT INTO actions (run_id, action_id) VALUES (?, ?) ON CONFLICT (run_id, action_id) DO NOTHING',
  )
  const count = database.prepare('UPDATE runs SET action_count = action_count + 1 WHERE run_id = ?')
  const fill = { opened: fillSlot(database, 'opened'), ended: fillSlot(database, 'ended') }
  const reportUsage = createUsageProjection(database, price)

  function touch(runId: string, actionId: string): void {
    if (open.run(runId, actionId).changes > 0) count.run(runId)
  }

  return ({ event, position, place }) => {
    const { runId } = event
    if (runId === undefined) return
    if (event.type === 'usage.reported') {
      const actionId = event.actionId ?? ownUsage
      if (actionId !== ownUsage) touch(runId, actionId)
      return reportUsage(event, runId, actionId, place)
    }
    const slot = slotOf(event)
    const actionId = actionIdOf(event)
    if (slot === undefined || actionId === undefined) return
    touch(runId, actionId)
    fill[slot].run(position, place, runId, actionId, place)
  }
}

function fillSlot(database: DatabaseSync, slot: 'opened' | 'ended'): ReturnType<DatabaseSync['prepare']> {
  return database.prepare(
    `UPDATE actions SET ${slot} = ?, ${slot}_place = ?
     WHERE run_id = ? AND action_id = ? AND (${slot}_place IS NULL OR ${slot}_place > ?)`,
  )
}

function slotOf(event: ClawEvent): 'opened' | 'ended' | undefined {
  switch (event.type) {
    case 'model.call.started':
    case 'tool.call.started':
    case 'retrieval.started':
      return 'opened'
    case 'model.call.completed':
    case 'model.call.failed':
    case 'tool.call.completed':
    case 'tool.call.failed':
    case 'retrieval.completed':
    case 'retrieval.failed':
      return 'ended'
    default:
      return undefined
  }
}

/** Other gateways name a tool call by its own id only. */
function actionIdOf(event: ClawEvent): string | undefined {
  if (event.actionId !== undefined && event.actionId !== '') return event.actionId
  switch (event.type) {
    case 'tool.call.started':
    case 'tool.call.completed':
    case 'tool.call.failed':
      return event.data.toolCallId === '' ? undefined : event.data.toolCallId
    default:
      return undefined
  }
}
