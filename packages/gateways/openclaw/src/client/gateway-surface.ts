import { bindMethods } from '../methods/bind-methods.ts'
import { gatewayMethods } from '../methods/gateway-methods.ts'
import type { Calls } from '../methods/method.ts'
import type { GatewayRequestOptions } from '../transport/transport.ts'
import { checkParams } from '../check-param.ts'
import type { ClientParts } from './client-parts.ts'

/** The Gateway itself (`health`, `status`, `logs` …), and what an app leaves on it beside runs: progress cards, widgets, suggestions. */
export type GatewaySurface = Calls<typeof gatewayMethods>

interface InSession {
  readonly sessionKey?: string
  readonly agentId?: string
}

/** Makes the `oc.gateway` surface. */
export function createGatewaySurface({ connection, keys }: ClientParts): GatewaySurface {
  const calls = bindMethods(gatewayMethods, connection)

  // Half of these methods make full keys of short ones themselves, half do not.
  function inSession<Params extends object, Result>(
    call: string,
    send: (params: Params, options?: GatewayRequestOptions) => Promise<Result>,
  ): (params: Params, options?: GatewayRequestOptions) => Promise<Result> {
    return async (params, options) => {
      checkParams(call, params)
      const { sessionKey, agentId }: InSession = params
      if (sessionKey === undefined) return send(params, options)
      return send({ ...params, sessionKey: await keys.resolve(call, sessionKey, agentId) }, options)
    }
  }

  return {
    ...calls,
    wake: inSession('gateway.wake', calls.wake),
    grantTools: (params = {}, options) => inSession('gateway.grantTools', calls.grantTools)(params, options),
    putProgressCard: inSession('gateway.putProgressCard', calls.putProgressCard),
    getProgressCard: inSession('gateway.getProgressCard', calls.getProgressCard),
    putWidget: inSession('gateway.putWidget', calls.putWidget),
    suggestTask: inSession('gateway.suggestTask', calls.suggestTask),
  }
}
