import type { MiddlewareHandler } from 'hono'
import { maxBodyBytes, tooLarge } from './json-body.ts'
import { HttpProblem } from './problem.ts'

const bodiless: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

const methods: ReadonlySet<string> = new Set([...bodiless, 'POST', 'PUT', 'PATCH', 'DELETE'])

/** Reads the whole body of a request, but never more than {@link maxBodyBytes}, before a route sees it. */
export function boundBody(): MiddlewareHandler {
  return async (context, next) => {
    const { method, url, raw } = context.req
    if (!methods.has(method)) {
      throw new HttpProblem(405, 'method_not_allowed', 'the method is not one of this gateway', {
        path: 'method',
        next: 'GET /openapi.json lists every path',
      })
    }
    if (bodiless.has(method) || raw.body === null) return next()
    if (Number(context.req.header('content-length') ?? 0) > maxBodyBytes) throw tooLarge()
    const body = await readAll(raw.body)
    // The stream is used up: routes get the same request with the bytes in it.
    context.req.raw = new Request(url, {
      method,
      headers: raw.headers,
      signal: raw.signal,
      body: body.length > 0 ? body : null,
    })
    return next()
  }
}

async function readAll(stream: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    size += chunk.length
    if (size > maxBodyBytes) throw tooLarge()
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}
