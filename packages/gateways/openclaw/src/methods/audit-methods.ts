import type {
  AuditActivityListParams,
  AuditActivityListResult,
  AuditListParams,
  AuditListResult,
  AuditRunInspectParams,
  AuditRunInspectResult,
} from '@openclaw/gateway-protocol'
import type { Method } from './method.ts'

/** What happened on the Gateway, without its contents. */
export const auditMethods = {
  list: { rpc: 'audit.list', scope: 'operator.read' } as Method<
    AuditListParams,
    AuditListResult,
    'audit.list'
  >,
  activity: { rpc: 'audit.activity.list', scope: 'operator.read' } as Method<
    AuditActivityListParams,
    AuditActivityListResult,
    'audit.activity.list'
  >,
  inspect: { rpc: 'audit.run.inspect', scope: 'operator.read' } as Method<
    AuditRunInspectParams,
    AuditRunInspectResult,
    'audit.run.inspect'
  >,
}
