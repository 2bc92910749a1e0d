import type {
  ModelsListParams,
  ModelsListResult,
  ModelsProbeParams,
  ModelsProbeResult,
} from '@openclaw/gateway-protocol'
import { bindMethods } from '../methods/bind-methods.ts'
import { modelMethods } from '../methods/model-methods.ts'
import type { ModelsStatus, ModelsStatusParams } from '../methods/model-results.ts'
import type { GatewayRequestOptions } from '../transport/transport.ts'
import type { ClientParts } from './client-parts.ts'

/** The models that the Gateway's agents may use. */
export interface OpenClawModels {
  /** With `available`, and why not where one is not, such as the minute after a refused key. */
  list(params?: ModelsListParams, options?: GatewayRequestOptions): Promise<ModelsListResult>
  /** How the Gateway signs in to each provider; calls `models.authStatus`. */
  status(params?: ModelsStatusParams, options?: GatewayRequestOptions): Promise<ModelsStatus>
  /** Asks a provider for a word, to see whether its key works; costs a call. */
  probe(params: ModelsProbeParams, options?: GatewayRequestOptions): Promise<ModelsProbeResult>
}

/** Makes the `oc.models` surface. */
export function createModels({ connection }: ClientParts): OpenClawModels {
  return bindMethods(modelMethods, connection)
}
