import type { GatewayEvent, JsonValue } from '@pincer/protocol'
import type { ConnectionChange } from '../src/transport/transport.ts'

/** What a failed request was answered with: the fields of the transport's error. */
export interface RecordedError {
  readonly name: string
  readonly message: string
  readonly fields: Readonly<Record<string, JsonValue>>
}

/** What a client did: the replay waits for it before it goes on. */
export type RecordedMove =
  | { readonly client: number; readonly opens: true }
  | { readonly client: number; readonly request: number; readonly rpc: string; readonly params?: JsonValue }
  | { readonly fetch: number; readonly method: string; readonly path: string; readonly body: JsonValue }

/** What came back, in the order in which it came. */
export type RecordedFrame =
  | { readonly client: number; readonly accepted: number; readonly payload: JsonValue }
  | { readonly client: number; readonly answer: number; readonly payload: JsonValue }
  | { readonly client: number; readonly answer: number; readonly error: RecordedError }
  | { readonly client: number; readonly event: GatewayEvent }
  | { readonly client: number; readonly change: ConnectionChange }
  | {
      readonly fetched: number
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
    }

/** One line of a recording; `client` counts the clients of a story from 1, `t` milliseconds from its start. */
export type RecordedLine = (RecordedMove | RecordedFrame) & { readonly t?: number }

/** Tells what a client did from what came back. */
export function isMove(line: RecordedLine): line is RecordedMove & RecordedLine {
  return 'opens' in line || 'request' in line || 'fetch' in line
}

/** Reads a recording, one JSON line after the other. */
export function parseRecording(text: string): readonly RecordedLine[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as RecordedLine)
}
