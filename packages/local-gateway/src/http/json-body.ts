import type { JsonObject, JsonValue } from '@pincer/protocol'
import type { MiddlewareHandler } from 'hono'
import { HttpProblem } from './problem.ts'

/** The largest body that is read, in bytes; of a compressed one both sizes are bounded. */
export const maxBodyBytes = 4_194_304

/** The deepest JSON that is read from a request, in levels; events themselves allow 64 inside their data. */
const maxDepth = 80

/** Methods whose bodies are read. */
const writes: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

/** Tells JSON from forms and plain text, which any page may post anywhere without being asked. */
export function isJsonType(contentType: string | undefined): boolean {
  const type = mediaTypeOf(contentType)
  return type === 'application/json' || (type.startsWith('application/') && type.endsWith('+json'))
}

/** The media type of a content type, without its parameters and in small letters. */
export function mediaTypeOf(contentType: string | undefined): string {
  return (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

/**
 * Reads JSON of bounded depth whose objects cannot reach a prototype.
 *
 * @throws HttpProblem 400 `invalid_json`.
 */
export function readJson(text: string): unknown {
  if (depthOf(text) > maxDepth) {
    throw new HttpProblem(400, 'invalid_json', `body: expected at most ${maxDepth} levels of JSON`, {
      path: 'body',
      next: 'send flatter values',
    })
  }
  try {
    return JSON.parse(text, dropPrototype)
  } catch {
    throw new HttpProblem(400, 'invalid_json', 'body: expected JSON', {
      path: 'body',
      next: 'send one JSON value',
    })
  }
}

/** Tells a JSON object from every other JSON value. */
export function isJsonObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Refuses bodies of writes that are not JSON, too deep or broken, before a route looks at them. */
export function requireJson(exempt: (path: string) => boolean): MiddlewareHandler {
  return async (context, next) => {
    if (!writes.has(context.req.method) || exempt(context.req.path)) return next()
    if (!isJsonType(context.req.header('content-type'))) throw notJson('application/json')
    const text = await context.req.text()
    if (text !== '') readJson(text)
    return next()
  }
}

/** The answer to a body over {@link maxBodyBytes}. */
export function tooLarge(): HttpProblem {
  return new HttpProblem(
    413,
    'body_too_large',
    `body: expected at most ${maxBodyBytes} bytes, uncompressed`,
    {
      path: 'body',
      next: 'send smaller batches',
    },
  )
}

/** The answer to a body of another kind. */
export function notJson(expected: string): HttpProblem {
  return new HttpProblem(415, 'unsupported_media_type', `header content-type: expected ${expected}`, {
    path: 'header.content-type',
    next: `send the header "Content-Type: ${expected.split(' ')[0] ?? expected}"`,
  })
}

function dropPrototype(this: unknown, key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value
}

/** Counts brackets outside strings: quick, and safe on text of any depth. */
function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (inString) {
      if (code === 92) at++
      else if (code === 34) inString = false
    } else if (code === 34) inString = true
    else if (code === 91 || code === 123) deepest = Math.max(deepest, ++depth)
    else if (code === 93 || code === 125) depth--
  }
  return deepest
}
