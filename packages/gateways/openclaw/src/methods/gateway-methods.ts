import type {
  BoardWidgetPutParams,
  BoardWidgetPutResult,
  LogsTailParams,
  LogsTailResult,
  ProgressCardGetParams,
  ProgressCardGetResult,
  ProgressCardPutParams,
  ProgressCardPutResult,
  TaskSuggestionsCreateParams,
  TaskSuggestionsCreateResult,
  WakeParams,
} from '@openclaw/gateway-protocol'
import type {
  Acknowledged,
  GatewayHealth,
  GatewayStatus,
  PresenceEntries,
  SystemEventParams,
  ToolGrant,
  ToolGrantParams,
  ToolGrantRevoked,
  ToolRevokeParams,
} from './gateway-results.ts'
import type { Method } from './method.ts'

/** The Gateway itself, and what an app leaves on it beside runs. */
export const gatewayMethods = {
  health: { rpc: 'health', scope: 'operator.read' } as Method<Record<never, never>, GatewayHealth, 'health'>,
  status: { rpc: 'status', scope: 'operator.read' } as Method<Record<never, never>, GatewayStatus, 'status'>,
  presence: { rpc: 'system-presence', scope: 'operator.read' } as Method<
    Record<never, never>,
    PresenceEntries,
    'system-presence'
  >,
  logs: { rpc: 'logs.tail', scope: 'operator.read' } as Method<LogsTailParams, LogsTailResult, 'logs.tail'>,
  wake: { rpc: 'wake', scope: 'operator.write' } as Method<WakeParams, Acknowledged, 'wake'>,
  systemEvent: { rpc: 'system-event', scope: 'operator.admin' } as Method<
    SystemEventParams,
    Acknowledged,
    'system-event'
  >,
  grantTools: { rpc: 'attach.grant', scope: 'operator.admin' } as Method<
    ToolGrantParams,
    ToolGrant,
    'attach.grant'
  >,
  revokeTools: { rpc: 'attach.revoke', scope: 'operator.admin' } as Method<
    ToolRevokeParams,
    ToolGrantRevoked,
    'attach.revoke'
  >,
  putProgressCard: { rpc: 'progressCard.put', scope: 'operator.write' } as Method<
    ProgressCardPutParams,
    ProgressCardPutResult,
    'progressCard.put'
  >,
  getProgressCard: { rpc: 'progressCard.get', scope: 'operator.read' } as Method<
    ProgressCardGetParams,
    ProgressCardGetResult,
    'progressCard.get'
  >,
  putWidget: { rpc: 'board.widget.put', scope: 'operator.write' } as Method<
    BoardWidgetPutParams,
    BoardWidgetPutResult,
    'board.widget.put'
  >,
  suggestTask: { rpc: 'taskSuggestions.create', scope: 'operator.write' } as Method<
    TaskSuggestionsCreateParams,
    TaskSuggestionsCreateResult,
    'taskSuggestions.create'
  >,
}
