import type { JsonObject, JsonValue } from '@pincer/protocol'
import type { MiddlewareHandler } from 'hono'
import { jsonDepth } from '../json-depth.ts'
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
 * Reads JSON of bounded depth; a field named `__proto__` is refused, because copying such an object could reach a prototype.
 *
 * @throws HttpProblem 400 `invalid_json`.
 */
export function readJson(text: string): unknown {
  if (jsonDepth(text) > maxDepth) {
    throw new HttpProblem(400, 'invalid_json', `body: expected at most ${maxDepth} levels of JSON`, {
      path: 'body',
      next: 'send flatter values',
    })
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new HttpProblem(400, 'invalid_json', 'body: expected JSON', {
      path: 'body',
      next: 'send one JSON value',
    })
  }
  // The name may be written with escapes.
  if (/__proto__|\\u00/i.test(text)) refusePrototype(value)
  return value
}

/** Reads bytes as UTF-8, or `undefined` where they are something else. */
export function readUtf8(bytes: Uint8Array | ArrayBuffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** The answer to a body that is not UTF-8. */
export function notUtf8(): HttpProblem {
  return new HttpProblem(400, 'invalid_json', 'body: expected text in UTF-8', {
    path: 'body',
    next: 'send the body in UTF-8',
  })
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
    const text = readUtf8(await context.req.arrayBuffer())
    if (text === undefined) throw notUtf8()
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

function refusePrototype(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  if (Object.hasOwn(value, '__proto__')) {
    throw new HttpProblem(400, 'invalid_json', 'body: expected no field named __proto__', {
      path: 'body',
      next: 'rename the field',
    })
  }
  for (const child of Object.values(value)) refusePrototype(child)
}
