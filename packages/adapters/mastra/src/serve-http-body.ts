import type { IncomingMessage } from 'node:http'

import { HttpRefusal } from './serve-http-refusal.ts'

// Arguments may have 64 levels, and stand three levels deep in a message of a batch.
const maxDepth = 72

/**
 * Reads the body of a request as JSON of bounded size and depth.
 *
 * @throws HttpRefusal 415 for another type, 413 for more than `maxBytes`, 400 for what is no JSON, is too deep, or could reach a
 * prototype
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
  // Any page may post forms and plain text anywhere without being asked.
  if (type !== 'application/json')
    throw new HttpRefusal(415, 'header content-type: expected application/json')
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
  const text = decode(await readAll(request, maxBytes))
  if (depthOf(text) > maxDepth)
    throw new HttpRefusal(400, `body: expected at most ${maxDepth} levels of JSON`, -32_700)
  try {
    return JSON.parse(text, refusePrototype)
  } catch (error) {
    if (error instanceof HttpRefusal) throw error
    throw new HttpRefusal(400, 'body: expected JSON', -32_700)
  }
}

async function readAll(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length
    if (size > maxBytes) throw tooLarge(maxBytes)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

function tooLarge(maxBytes: number): HttpRefusal {
  return new HttpRefusal(413, `body: expected at most ${maxBytes} bytes`)
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new HttpRefusal(400, 'body: expected text in UTF-8', -32_700)
  }
}

// By the brackets outside of strings, before anything is built of them.
function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  let isString = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (isString) {
      if (code === 92) at++
      else if (code === 34) isString = false
    } else if (code === 34) isString = true
    else if (code === 91 || code === 123) deepest = Math.max(deepest, ++depth)
    else if (code === 93 || code === 125) depth--
  }
  return deepest
}

function refusePrototype(field: string, value: unknown): unknown {
  if (field === '__proto__') throw new HttpRefusal(400, 'body: expected no field named __proto__', -32_600)
  return value
}
