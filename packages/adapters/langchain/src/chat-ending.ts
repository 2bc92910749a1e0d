import { GatewayError, type PincerError, type RunResult } from '@pincer/protocol'

/** The result of a run that ended well. */
export type CompletedResult = RunResult & { readonly status: 'completed' }

/**
 * Lets only completed runs through.
 *
 * @throws GatewayError with the status and code of the failure, `gatewayCode: 'timed_out'` where the run took too long;
 * the refusal, where the agent was not let; a DOMException named `AbortError` where it was cancelled
 */
export function assertCompleted(
  result: RunResult,
  agent: string,
  refusal: PincerError | undefined,
): asserts result is CompletedResult {
  const { status, error, runId } = result
  const why = error === undefined ? '' : `: ${error.message}`
  const run = `the run ${runId} of the agent "${agent}"`
  switch (status) {
    case 'completed':
      return
    case 'cancelled':
      throw new DOMException(`${run} was cancelled${why}`, 'AbortError')
    case 'timed_out':
      throw new GatewayError(`${run} timed out${why}`, { status: 504, gatewayCode: 'timed_out' })
    case 'accepted':
      throw new GatewayError(`the gateway says nothing more of ${run}, which has not ended`, {
        gatewayCode: 'run_lost',
      })
    case 'failed':
  }
  if (refusal !== undefined) throw refusal
  throw new GatewayError(`${run} failed${why}`, {
    ...(error?.status !== undefined && { status: error.status }),
    ...(error?.code !== undefined && { gatewayCode: error.code }),
  })
}
