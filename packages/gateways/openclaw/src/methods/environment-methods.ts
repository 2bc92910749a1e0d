import type {
  EnvironmentsCreateParams,
  EnvironmentsCreateResult,
  EnvironmentsDestroyParams,
  EnvironmentsDestroyResult,
  EnvironmentsListParams,
  EnvironmentsListResult,
  EnvironmentsStatusParams,
  EnvironmentsStatusResult,
} from '@openclaw/gateway-protocol'
import type { Method } from './method.ts'

/** Places where agents may work: the Gateway itself, nodes and workers. */
export const environmentMethods = {
  list: { rpc: 'environments.list', scope: 'operator.read' } as Method<
    EnvironmentsListParams,
    EnvironmentsListResult,
    'environments.list'
  >,
  status: { rpc: 'environments.status', scope: 'operator.read' } as Method<
    EnvironmentsStatusParams,
    EnvironmentsStatusResult,
    'environments.status'
  >,
  create: { rpc: 'environments.create', scope: 'operator.admin' } as Method<
    EnvironmentsCreateParams,
    EnvironmentsCreateResult,
    'environments.create'
  >,
  destroy: { rpc: 'environments.destroy', scope: 'operator.admin' } as Method<
    EnvironmentsDestroyParams,
    EnvironmentsDestroyResult,
    'environments.destroy'
  >,
}
