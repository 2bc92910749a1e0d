import type {
  AuditActivityListParams,
  AuditActivityListResult,
  AuditListParams,
  AuditListResult,
  AuditRunInspectParams,
  AuditRunInspectResult,
} from '@openclaw/gateway-protocol'
import { auditMethods } from '../methods/audit-methods.ts'
import { bindMethods } from '../methods/bind-methods.ts'
import type { GatewayRequestOptions } from '../transport/transport.ts'
import { checkParams, checkText } from '../check-param.ts'
import type { ClientParts } from './client-parts.ts'

/** What happened on the Gateway, without its contents; it survives a restart. */
export interface Audit {
  /** Runs and tool calls, the newest first. */
  list(params?: AuditListParams, options?: GatewayRequestOptions): Promise<AuditListResult>
  /** The same with messages. */
  activity(
    params?: AuditActivityListParams,
    options?: GatewayRequestOptions,
  ): Promise<AuditActivityListResult>
  /** Who stands behind a run, where the Gateway records that. */
  inspect(
    run: string | AuditRunInspectParams,
    options?: GatewayRequestOptions,
  ): Promise<AuditRunInspectResult>
}

/** Makes the `oc.audit` surface. */
export function createAudit({ connection, keys }: ClientParts): Audit {
  const calls = bindMethods(auditMethods, connection)

  async function withFullKey<Params extends { readonly sessionKey?: string; readonly agentId?: string }>(
    call: string,
    params: Params,
  ): Promise<Params> {
    const { sessionKey, agentId } = params
    return sessionKey === undefined
      ? params
      : { ...params, sessionKey: await keys.resolve(call, sessionKey, agentId) }
  }

  return {
    list: async (params = {}, options) => calls.list(await withFullKey('audit.list', params), options),
    activity: async (params = {}, options) =>
      calls.activity(await withFullKey('audit.activity', params), options),
    async inspect(run, options) {
      if (typeof run !== 'string') {
        checkParams('audit.inspect', run)
        return calls.inspect(run, options)
      }
      checkText('audit.inspect: runId', run, 'the id of a run')
      return calls.inspect({ runId: run }, options)
    },
  }
}
