// What the API calls its errors, where the class of this version says less: 529 has no class of its own in old ones, and
// an error in the middle of a stream has none at all.
const names: ReadonlyMap<unknown, string> = new Map([
  ['overloaded_error', 'OverloadedError'],
  ['rate_limit_error', 'RateLimitError'],
  ['invalid_request_error', 'BadRequestError'],
  ['authentication_error', 'AuthenticationError'],
  ['billing_error', 'PaymentRequiredError'],
  ['permission_error', 'PermissionDeniedError'],
  ['not_found_error', 'NotFoundError'],
  ['timeout_error', 'GatewayTimeoutError'],
  ['api_error', 'InternalServerError'],
])
const vague = new Set(['APIError', 'Error', 'Object', 'InternalServerError'])

/** What of a failure is recorded: its class, the API's own type as its code, status and request id. */
export function convertError(error: any): unknown {
  const type = error?.type ?? error?.error?.error?.type ?? error?.error?.type
  if (typeof type !== 'string' && error?.status === undefined) return error
  const className = error.constructor?.name
  return {
    name: vague.has(className) ? nameOf(type, error.status, className) : className,
    message: error.message,
    code: type,
    status: error.status,
    requestID: error.requestID ?? error.request_id,
  }
}

function nameOf(type: unknown, status: unknown, className: string): string {
  if (status === 529) return 'OverloadedError'
  const name = names.get(type)
  if (name) return name
  if (status === 429) return 'RateLimitError'
  if (Number(status) >= 500) return 'InternalServerError'
  return className === 'Object' ? 'APIError' : className
}
