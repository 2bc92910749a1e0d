import type {
  ApprovalGetParams,
  ApprovalGetResult,
  ApprovalHistoryParams,
  ApprovalHistoryResult,
  ApprovalResolveParams,
  ApprovalResolveResult,
  ExecApprovalGetParams,
  ExecApprovalRequestParams,
  ExecApprovalResolveParams,
  PluginApprovalRequestParams,
  PluginApprovalResolveParams,
} from '@openclaw/gateway-protocol'
import type {
  ApprovalAnswered,
  ApprovalDecided,
  ApprovalRequested,
  ApprovalRows,
} from './approval-results.ts'
import type { Method } from './method.ts'

/** Approvals of both kinds: commands of the Gateway (exec), and everything else (plugin). */
export const approvalMethods = {
  listExec: { rpc: 'exec.approval.list', scope: 'operator.approvals' } as Method<
    Record<never, never>,
    ApprovalRows,
    'exec.approval.list'
  >,
  listPlugin: { rpc: 'plugin.approval.list', scope: 'operator.approvals' } as Method<
    Record<never, never>,
    ApprovalRows,
    'plugin.approval.list'
  >,
  requestExec: { rpc: 'exec.approval.request', scope: 'operator.approvals' } as Method<
    ExecApprovalRequestParams,
    ApprovalRequested,
    'exec.approval.request'
  >,
  requestPlugin: { rpc: 'plugin.approval.request', scope: 'operator.approvals' } as Method<
    PluginApprovalRequestParams,
    ApprovalRequested,
    'plugin.approval.request'
  >,
  waitExec: { rpc: 'exec.approval.waitDecision', scope: 'operator.approvals' } as Method<
    ExecApprovalGetParams,
    ApprovalDecided,
    'exec.approval.waitDecision'
  >,
  waitPlugin: { rpc: 'plugin.approval.waitDecision', scope: 'operator.approvals' } as Method<
    ExecApprovalGetParams,
    ApprovalDecided,
    'plugin.approval.waitDecision'
  >,
  resolveExec: { rpc: 'exec.approval.resolve', scope: 'operator.approvals' } as Method<
    ExecApprovalResolveParams,
    ApprovalAnswered,
    'exec.approval.resolve'
  >,
  resolvePlugin: { rpc: 'plugin.approval.resolve', scope: 'operator.approvals' } as Method<
    PluginApprovalResolveParams,
    ApprovalAnswered,
    'plugin.approval.resolve'
  >,
  get: { rpc: 'approval.get', scope: 'operator.approvals' } as Method<
    ApprovalGetParams,
    ApprovalGetResult,
    'approval.get'
  >,
  resolve: { rpc: 'approval.resolve', scope: 'operator.approvals' } as Method<
    ApprovalResolveParams,
    ApprovalResolveResult,
    'approval.resolve'
  >,
  history: { rpc: 'approval.history', scope: 'operator.approvals' } as Method<
    ApprovalHistoryParams,
    ApprovalHistoryResult,
    'approval.history'
  >,
}
