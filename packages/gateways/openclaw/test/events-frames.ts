import { readdirSync, readFileSync } from 'node:fs'
import type { ClawEvent, GatewayEvent } from '@pincer/protocol'
import { createNormalizer } from '../src/events/normalizer.ts'

const folder = new URL('fixtures/', import.meta.url)

/** What one connection received, in order: events, and answers to its requests. */
export interface Recording {
  readonly file: string
  readonly conn: number
  readonly frames: readonly GatewayEvent[]
  readonly answers: readonly { readonly [field: string]: unknown }[]
}

interface Line {
  readonly conn?: number
  readonly dir?: string
  readonly frame?: {
    readonly type?: string
    readonly payload?: { readonly [field: string]: unknown }
  } & GatewayEvent
}

/** The recorded connections of one fixture. */
function readRecordings(file: string): readonly Recording[] {
  const recordings = new Map<number, { frames: GatewayEvent[]; answers: { [field: string]: unknown }[] }>()
  for (const text of readFileSync(new URL(file, folder), 'utf8').split('\n')) {
    if (text === '') continue
    const { conn, dir, frame } = JSON.parse(text) as Line
    if (conn === undefined || dir !== 'in' || frame === undefined) continue
    const recording = recordings.get(conn) ?? { frames: [], answers: [] }
    recordings.set(conn, recording)
    if (frame.type === 'event') recording.frames.push(frame)
    else if (frame.payload !== undefined) recording.answers.push(frame.payload)
  }
  return [...recordings].map(([conn, recording]) => ({ file, conn, ...recording }))
}

/** What the connection of that number received; the first of the fixture where none is given. */
export function readFrames(file: string, conn?: number): readonly GatewayEvent[] {
  const found = readRecordings(file).find((recording) => conn === undefined || recording.conn === conn)
  if (found === undefined) throw new Error(`${file} has no connection ${conn}`)
  return found.frames
}

/** Every fixture that holds events of the Gateway. */
export function readAllRecordings(): readonly Recording[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.jsonl'))
    .flatMap(readRecordings)
    .filter((recording) => recording.frames.length > 0)
}

/** The events that a fresh normalizer makes of frames. */
export function normalizeAll(frames: readonly GatewayEvent[]): readonly ClawEvent[] {
  const events: ClawEvent[] = []
  const normalizer = createNormalizer(
    (event) => events.push(event),
    () => 1_795_000_000_000,
  )
  for (const frame of frames) normalizer.normalize(frame)
  normalizer.settle()
  return events
}

/** Ids of the runs that frames tell of, in the order they first appear. */
export function runIdsOf(events: readonly ClawEvent[]): readonly string[] {
  return [...new Set(events.map((event) => (event.seq === undefined ? undefined : event.runId)))].filter(
    (runId) => runId !== undefined,
  )
}

/** A frame of the `agent` family. */
export function agentFrame(runId: string, stream: string, data: unknown, more: object = {}): GatewayEvent {
  const payload = {
    runId,
    sessionKey: 'agent:main:test',
    agentId: 'main',
    stream,
    seq: 1,
    ts: 1000,
    data,
    ...more,
  }
  return { event: 'agent', payload, seq: 7 }
}
