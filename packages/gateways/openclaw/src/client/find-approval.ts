import type { ApprovalSnapshot } from '@openclaw/gateway-protocol'
import { GatewayError } from '@pincer/protocol'
import type { approvalMethods } from '../methods/approval-methods.ts'
import type { Calls } from '../methods/method.ts'
import type { GatewayRequestOptions } from '../transport/transport.ts'

const longestId = 128

/**
 * Asks the Gateway for an approval.
 *
 * @param call - What was called, for the message, such as `approvals.respond`.
 * @throws GatewayError 404 naming the id where there is no such approval, or none that this client may see.
 */
export async function findApproval(
  calls: Calls<typeof approvalMethods>,
  call: string,
  id: string,
  options?: GatewayRequestOptions,
): Promise<ApprovalSnapshot> {
  try {
    return (await calls.get({ id }, options)).approval
  } catch (error) {
    if (!(error instanceof GatewayError && error.status === 404)) throw error
    throw new GatewayError(
      `${call}: there is no approval "${id.slice(0, longestId)}" that this client may see; approvals.list tells those that wait`,
      {
        status: 404,
        ...(error.gatewayCode === undefined ? {} : { gatewayCode: error.gatewayCode }),
        cause: error,
      },
    )
  }
}
