import type {
  ModelsListParams,
  ModelsListResult,
  ModelsProbeParams,
  ModelsProbeResult,
} from '@openclaw/gateway-protocol'
import type { ModelsStatus, ModelsStatusParams } from './model-results.ts'
import type { Method } from './method.ts'

/** Models and how the Gateway reaches them. */
export const modelMethods = {
  list: { rpc: 'models.list', scope: 'operator.read' } as Method<
    ModelsListParams,
    ModelsListResult,
    'models.list'
  >,
  status: { rpc: 'models.authStatus', scope: 'operator.read' } as Method<
    ModelsStatusParams,
    ModelsStatus,
    'models.authStatus'
  >,
  probe: { rpc: 'models.probe', scope: 'operator.admin' } as Method<
    ModelsProbeParams,
    ModelsProbeResult,
    'models.probe'
  >,
}
