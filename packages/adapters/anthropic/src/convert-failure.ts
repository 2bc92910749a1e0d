/** The failure that a response is, as the client would put it. */
export function convertFailure({ status, headers }: Response, text: string): unknown {
  let body: any
  try {
    body = JSON.parse(text)
  } catch {
    // A proxy on the way may answer with anything.
  }
  return {
    type: body?.error?.type,
    message: `${status} ${text || 'status code (no body)'}`,
    status,
    requestID: headers.get('request-id') ?? body?.request_id,
  }
}

/** What is recorded of what was thrown in place of a response: a time-out looks like an abort that nobody asked for. */
export function convertThrown(error: any, isAborted: boolean): unknown {
  if (isAborted || error?.name !== 'AbortError') return error
  return { name: 'APIConnectionTimeoutError', message: 'Request timed out.' }
}
