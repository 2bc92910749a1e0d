import { randomUUID } from 'node:crypto'
import type {
  EnvironmentsCreateParams,
  EnvironmentsListResult,
  EnvironmentSummary,
} from '@openclaw/gateway-protocol'
import { GatewayError, UnsupportedByGatewayError } from '@pincer/protocol'
import { bindMethods } from '../methods/bind-methods.ts'
import { environmentMethods } from '../methods/environment-methods.ts'
import type { GatewayRequestOptions } from '../transport/transport.ts'
import { checkParams, checkText } from '../check-param.ts'
import type { ClientParts } from './client-parts.ts'

/** The places where agents may work; the Gateway itself is always the first. */
export type EnvironmentList = Omit<EnvironmentsListResult, 'environments'> & {
  readonly environments: readonly [EnvironmentSummary, ...EnvironmentSummary[]]
}

/** How a worker is made; the Gateway's configuration has the profiles. */
export type EnvironmentCreateParams = Partial<EnvironmentsCreateParams>

/** The places where agents may work. */
export interface Environments {
  /** The Gateway itself, then nodes and workers. */
  list(options?: GatewayRequestOptions): Promise<EnvironmentList>
  /** One of them, by its id. */
  status(id: string, options?: GatewayRequestOptions): Promise<EnvironmentSummary>
  /**
   * Makes a worker from a profile.
   *
   * @throws UnsupportedByGatewayError before anything is sent, where no `profileId` is given.
   */
  create(params: EnvironmentCreateParams, options?: GatewayRequestOptions): Promise<EnvironmentSummary>
  /** Ends a worker; calls `environments.destroy`. */
  delete(
    id: string,
    params?: { readonly force?: boolean },
    options?: GatewayRequestOptions,
  ): Promise<EnvironmentSummary>
}

/** Makes the `oc.environments` surface. */
export function createEnvironments({ connection }: ClientParts): Environments {
  const calls = bindMethods(environmentMethods, connection)

  return {
    async list(options) {
      const { environments, ...rest } = await calls.list({}, options)
      const [first, ...others] = environments
      if (first === undefined)
        throw new GatewayError('environments.list: the Gateway lists no environment, not even itself')
      return { ...rest, environments: [first, ...others] }
    },
    async status(id, options) {
      checkText('environments.status: id', id, 'the id of an environment, such as "gateway"')
      return calls.status({ environmentId: id }, options)
    },
    async create(params, options) {
      checkParams('environments.create', params)
      const { profileId, idempotencyKey = randomUUID() } = params
      if (profileId === undefined) {
        throw new UnsupportedByGatewayError(
          'openclaw',
          'environments.create without a profile',
          'pass `profileId`, one of the `profiles` of environments.list',
        )
      }
      checkText('environments.create: profileId', profileId, 'the id of a profile')
      return calls.create({ profileId, idempotencyKey }, options)
    },
    async delete(id, params = {}, options) {
      checkText('environments.delete: id', id, 'the id of an environment')
      return calls.destroy({ ...params, environmentId: id }, options)
    },
  }
}
