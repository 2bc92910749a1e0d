/** An error in the shape of the OpenAI API. */
export class DemoError extends Error {
  override readonly name: string = 'DemoError'
  /** HTTP status. */
  readonly status: number
  readonly code: string | null
  readonly parameter: string | null

  constructor(status: number, message: string, code: string | null = null, parameter: string | null = null) {
    super(message)
    this.status = status
    this.code = code
    this.parameter = parameter
  }

  /** The body that the OpenAI API sends with this error. */
  body(): { readonly error: Record<string, unknown> } {
    const { message, code, parameter } = this
    return { error: { message, type: typeOf(this.status), param: parameter, code } }
  }

  /** The answer, with `retry-after` where a retry makes sense. */
  response(headers: Record<string, string>): Response {
    const waits = this.status === 429 || this.status === 503
    const retry = waits ? { 'retry-after': '1', 'retry-after-ms': '200' } : undefined
    return Response.json(this.body(), { status: this.status, headers: { ...headers, ...retry } })
  }
}

/** The error a script asks for with `[[error:STATUS]]`. */
export function scriptedError(status: number): DemoError {
  const codes: Readonly<Record<number, string>> = {
    401: 'invalid_api_key',
    403: 'permission_denied',
    404: 'not_found',
    408: 'request_timeout',
    429: 'rate_limit_exceeded',
    500: 'server_error',
    503: 'overloaded',
  }
  return new DemoError(status, `The script of this demo asks for status ${status}.`, codes[status] ?? null)
}

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error'
  if (status === 429) return 'rate_limit_error'
  return status >= 500 ? 'server_error' : 'invalid_request_error'
}
