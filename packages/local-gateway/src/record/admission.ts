import type { DatabaseSync } from 'node:sqlite'
import type { ClawEvent } from '@pincer/protocol'

/** Why an event of a client is not taken. */
interface Refusal {
  readonly code: string
  readonly message: string
}

/** Tells whether a client may write an event: `undefined` lets it in. */
export type Admission = (event: ClawEvent) => Refusal | undefined

/**
 * Makes the check of what clients claim: only the gateway tells how its own runs go, and nobody records an answer to one of
 * its approvals that was not given.
 */
export function createAdmission(database: DatabaseSync): Admission {
  const ownRun = database.prepare('SELECT 1 FROM agent_runs WHERE run_id = ?')
  const approval = database.prepare('SELECT status FROM approvals WHERE approval_id = ?')

  return (event) => {
    if (event.runId !== undefined && ownRun.get(event.runId) !== undefined) {
      return {
        code: 'run_of_gateway',
        message: 'runId: the gateway itself writes the events of this run; record under a run of your own',
      }
    }
    if (event.type !== 'approval.resolved') return undefined
    const { approvalId, status } = event.data
    const given = approval.get(approvalId)?.['status']
    // Whoever asked may give up whatever the person says; but only the person approves and denies.
    if (given === undefined || given === status || (status !== 'approved' && status !== 'denied'))
      return undefined
    return {
      code: 'approval_mismatch',
      message: `data.status: expected ${String(given)}, as the approval "${approvalId}" stands here`,
    }
  }
}
