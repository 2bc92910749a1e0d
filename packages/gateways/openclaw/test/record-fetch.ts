import type { JsonValue } from '@pincer/protocol'
import type { RecordedLine } from './recording.ts'

/** A fetch that writes down what it carries; an answer is handed on when it is whole. */
export function recordFetch(origin: string, write: (line: RecordedLine) => void): typeof fetch {
  let requests = 0
  return async (input, init) => {
    const request = new Request(input, init)
    const number = ++requests
    write({
      fetch: number,
      method: request.method,
      path: request.url.replace(origin, ''),
      body: parseBody(await request.clone().text()),
    })
    const response = await fetch(request)
    const body = await response.text()
    const headers = { 'content-type': response.headers.get('content-type') ?? 'application/octet-stream' }
    write({ fetched: number, status: response.status, headers, body })
    return new Response(body, { status: response.status, headers })
  }
}

/** A body as JSON, or as it is where it is none. */
export function parseBody(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return text
  }
}
