export {
  type GatewayToolFilter,
  type GatewayTools,
  gatewayTools,
  type GatewayToolsOptions,
} from './gateway-tools.ts'
export { type GuardHooks, guardHooks } from './guard-hooks.ts'
export type { GuardHooksOptions, RequireApprovalOptions } from './guard-options.ts'
export { requireApproval } from './require-approval.ts'
