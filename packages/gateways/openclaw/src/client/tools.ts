import type {
  CommandsListParams,
  CommandsListResult,
  ToolsCatalogParams,
  ToolsCatalogResult,
  ToolsEffectiveParams,
  ToolsEffectiveResult,
  ToolsInvokeParams,
  ToolsInvokeResult,
} from '@openclaw/gateway-protocol'
import { bindMethods } from '../methods/bind-methods.ts'
import { toolMethods } from '../methods/tool-methods.ts'
import type { GatewayRequestOptions } from '../transport/transport.ts'
import { checkParams, checkText } from '../check-param.ts'
import type { ClientParts } from './client-parts.ts'

/** How a tool of the Gateway is called. */
export type ToolInvokeParams = Omit<ToolsInvokeParams, 'name'>

/** The Gateway's tools. */
export interface OpenClawTools {
  /** Every tool that is installed, by group; calls `tools.catalog`. */
  list(params?: ToolsCatalogParams, options?: GatewayRequestOptions): Promise<ToolsCatalogResult>
  /**
   * The tools that an agent has in one session; a short session key will do.
   *
   * @throws GatewayError 404 where there is no such session yet.
   */
  effective(params: ToolsEffectiveParams, options?: GatewayRequestOptions): Promise<ToolsEffectiveResult>
  /**
   * Calls a tool through the Gateway's policy.
   *
   * A refusal is an answer: `ok: false` with `error.code` such as `not_found` (or not allowed), `forbidden` or `requires_approval`. With
   * `confirm: true` a tool that needs an approval waits for it, without a deadline unless `timeoutMs` is given.
   *
   * @throws GatewayError where the call itself is wrong, the scope `operator.write` is missing, or the Gateway is away.
   */
  invoke(name: string, params?: ToolInvokeParams, options?: GatewayRequestOptions): Promise<ToolsInvokeResult>
  /** The commands that a person can type, such as `/help`. */
  commands(params?: CommandsListParams, options?: GatewayRequestOptions): Promise<CommandsListResult>
}

/** Makes the `oc.tools` surface. */
export function createTools({ connection, keys }: ClientParts): OpenClawTools {
  const calls = bindMethods(toolMethods, connection)

  return {
    list: calls.list,
    async effective(params, options) {
      checkParams('tools.effective', params)
      const sessionKey = await keys.resolve('tools.effective', params.sessionKey, params.agentId)
      return calls.effective({ ...params, sessionKey }, options)
    },
    async invoke(name, params = {}, options = {}) {
      checkText('tools.invoke: name', name, 'the name of a tool')
      checkParams('tools.invoke', params)
      const { sessionKey, agentId, confirm } = params
      const scope =
        sessionKey === undefined
          ? {}
          : { sessionKey: await keys.resolve('tools.invoke', sessionKey, agentId) }
      // A person may take longer than any deadline of a request.
      const deadline = confirm === true ? { timeoutMs: null } : {}
      return calls.invoke({ ...params, ...scope, name }, { ...deadline, ...options })
    },
    async commands(params = {}, options) {
      const { sessionKey, agentId } = params
      if (sessionKey === undefined) return calls.commands(params, options)
      const full = await keys.resolve('tools.commands', sessionKey, agentId)
      return calls.commands({ ...params, sessionKey: full }, options)
    },
  }
}
