import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { type EventVerdict } from '@pincer/protocol'
import type { Context } from 'hono'
import { rejectEvent } from '../record/receive-events.ts'
import { isJsonType, maxBodyBytes, mediaTypeOf, notJson, notUtf8, readUtf8, tooLarge } from './json-body.ts'
import { HttpProblem } from './problem.ts'

/** The most events of one request. */
export const maxEvents = 5_000

const lineTypes: ReadonlySet<string> = new Set([
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
])

const inflate = promisify(gunzip)

/** One value of a batch, or the verdict on a line that is not JSON. */
export type BatchEntry = { readonly value: unknown } | { readonly verdict: EventVerdict }

/**
 * Reads a batch of events from a request: a JSON array or one JSON value per line, plain or gzip.
 *
 * @throws HttpProblem 400, 413 or 415; nothing was kept then.
 */
export async function readBatch(context: Context): Promise<readonly BatchEntry[]> {
  const contentType = context.req.header('content-type')
  const lines = lineTypes.has(mediaTypeOf(contentType))
  if (!lines && !isJsonType(contentType)) throw notJson('application/json or application/x-ndjson')
  const text = await readText(context)
  const entries = lines ? readLines(text) : readArray(text)
  if (entries.length <= maxEvents) return entries
  throw new HttpProblem(
    413,
    'too_many_events',
    `body: expected at most ${maxEvents} events, found ${entries.length}`,
    {
      path: 'body',
      next: 'send smaller batches',
    },
  )
}

async function readText(context: Context): Promise<string> {
  const bytes = Buffer.from(await context.req.arrayBuffer())
  const encoding = (context.req.header('content-encoding') ?? 'identity').trim().toLowerCase()
  if (encoding === 'identity') return decode(bytes)
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    throw new HttpProblem(415, 'unsupported_encoding', 'header content-encoding: expected gzip or none', {
      path: 'header.content-encoding',
      next: 'send the body plain or compressed with gzip',
    })
  }
  let inflated: Buffer
  try {
    inflated = await inflate(bytes, { maxOutputLength: maxBodyBytes })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge()
    throw new HttpProblem(400, 'invalid_gzip', 'body: expected gzip, as the header content-encoding says', {
      path: 'body',
      next: 'compress the whole body once, or leave the header out',
    })
  }
  return decode(inflated)
}

function decode(bytes: Uint8Array): string {
  const text = readUtf8(bytes)
  if (text === undefined) throw notUtf8()
  return text
}

function readArray(text: string): readonly BatchEntry[] {
  let values: unknown
  try {
    values = JSON.parse(text)
  } catch {
    throw new HttpProblem(400, 'invalid_json', 'body: expected JSON', {
      path: 'body',
      next: 'send a JSON array of events',
    })
  }
  if (Array.isArray(values)) return values.map((value: unknown) => ({ value }))
  throw new HttpProblem(400, 'invalid_request', 'body: expected an array of events', {
    path: 'body',
    next: 'put the events into an array, or send them as application/x-ndjson',
  })
}

function readLines(text: string): readonly BatchEntry[] {
  const entries: BatchEntry[] = []
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    entries.push(readLine(line, at + 1))
  }
  return entries
}

function readLine(line: string, number: number): BatchEntry {
  try {
    return { value: JSON.parse(line) }
  } catch {
    return { verdict: rejectEvent('', 'invalid_json', `line ${number}: expected JSON`) }
  }
}
