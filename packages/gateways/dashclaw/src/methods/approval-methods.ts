import type { ActionList } from './action-results.ts'
import type { ApprovalDecided } from './approval-results.ts'
import type { Method } from './method.ts'

/** Approvals: people decide on actions that wait. */
export const approvalMethods = {
  /** Allows or denies an action that waits. */
  approveAction: {
    verb: 'POST',
    path: '/api/actions/{action_id}/approve',
    params: ['action_id', 'decision', 'reasoning?'],
    role: 'admin',
    servers: 'both',
  } as Method<(actionId: string, decision: 'allow' | 'deny', reasoning?: string) => Promise<ApprovalDecided>>,
  /** Lists the actions that wait for a person. */
  getPendingApprovals: {
    verb: 'GET',
    path: '/api/actions',
    params: ['limit?', 'offset?'],
    fixed: { status: 'pending_approval' },
    defaults: { limit: 20, offset: 0 },
    servers: 'both',
  } as Method<(limit?: number, offset?: number) => Promise<ActionList>>,
}
