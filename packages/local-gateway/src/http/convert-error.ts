import { GatewayError, PincerError, ProtocolError } from '@pincer/protocol'
import { HTTPException } from 'hono/http-exception'
import { convertStorageError } from '../storage-error.ts'
import { HttpProblem, type ProblemStatus } from './problem.ts'

const statuses: ReadonlySet<number> = new Set<ProblemStatus>([
  400, 401, 403, 404, 405, 408, 409, 410, 413, 415, 421, 422, 429, 500, 501, 503,
])

/** What to do about an error of the gateway, by its code. */
const nextSteps: Readonly<Record<string, string>> = {
  unknown_event: 'read the run again, then stream from now',
  invalid_cursor: 'leave the cursor out to begin with the first page',
  already_decided: 'read the approval to see what was decided',
  too_many_waiters: 'ask again later',
  storage_unavailable: 'ask again later; is the disk full, or the file used by another program?',
  approval_not_found: 'GET /v1/approvals lists those there are',
  approval_mismatch: 'leave approvalId out to ask anew',
  invalid_decision: 'leave `input` out, or approve',
  unknown_agent: 'GET /v1/agents lists those there are',
  unknown_tool: 'GET /v1/tools lists those there are',
  session_of_other_agent: 'choose another sessionKey',
  unknown_tool_call: "answer the toolCalls of the session's last result, each once",
  tool_name_taken: 'give the tool another name',
  run_elsewhere: 'cancel it through the process that runs it',
  policy_from_configuration: 'change the configuration, or put a policy of the same id above it',
  too_many_policies: 'delete a policy first',
  no_model: 'GET /v1/models lists what the upstream has',
  upstream_refused: 'correct what the upstream named, or choose another model',
  upstream_unavailable: 'start the upstream of the agents, or set another one',
}

/** Makes the problem that tells an error; what nobody foresaw says nothing about the inside. */
export function convertError(thrown: unknown): HttpProblem {
  const error = convertStorageError(thrown) ?? thrown
  if (error instanceof HttpProblem) return error
  if (error instanceof ProtocolError) {
    return new HttpProblem(400, 'invalid_request', error.message, {
      path: error.path === '' ? 'body' : `body.${error.path}`,
      next: 'correct the value; GET /openapi.json describes the request',
    })
  }
  if (error instanceof GatewayError && error.status !== undefined)
    return convertGatewayError(error, error.status)
  if (error instanceof PincerError) return convertPincerError(error)
  if (error instanceof HTTPException && statuses.has(error.status)) {
    return new HttpProblem(
      error.status as ProblemStatus,
      'invalid_request',
      error.message || 'the request is not valid',
      {
        next: 'GET /openapi.json describes the request',
      },
    )
  }
  return new HttpProblem(500, 'internal', 'the gateway failed at this request', {
    next: 'look at what the gateway wrote to its standard error',
  })
}

function convertGatewayError(error: GatewayError, status: number): HttpProblem {
  const code = error.gatewayCode ?? 'gateway'
  return new HttpProblem(statuses.has(status) ? (status as ProblemStatus) : 500, code, error.message, {
    next:
      nextSteps[code] ?? (error.retryable ? 'ask again later' : 'GET /openapi.json describes the request'),
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
  })
}

function convertPincerError(error: PincerError): HttpProblem {
  switch (error.code) {
    case 'closed':
      return new HttpProblem(503, 'closing', 'the gateway is closing', {
        next: 'ask again once it is back',
        retryAfterMs: 1_000,
      })
    case 'invalid_option':
      return new HttpProblem(400, 'invalid_request', error.message, { next: 'correct the value' })
    case 'unsupported_by_gateway':
      return new HttpProblem(501, error.code, error.message, {
        next: 'GET /openapi.json lists what there is',
      })
    default:
      return new HttpProblem(500, error.code, error.message, {
        next: 'look at what the gateway wrote to its standard error',
      })
  }
}
