import type { DemoContext } from './demo-context.ts'
import { type DemoError, scriptedError } from './demo-error.ts'
import type { Script } from './script.ts'
import { wait } from './wait.ts'

/** One server-sent event; `event` is its name where the API names them. */
export interface ServerEvent {
  readonly event?: string
  readonly data: unknown
}

/** Throws what the script asks for, and waits as long as it asks, before an answer begins. */
export async function beginAnswer(script: Script, stream: boolean, context: DemoContext): Promise<void> {
  if (script.error !== undefined && context.attempt < script.error.times)
    throw scriptedError(script.error.status)
  if (script.errorMidstream && !stream) throw scriptedError(500)
  if (!stream) await wait(script.slowMs, context.signal)
}

/** Sends one JSON answer, or the first half of it where the script cuts. */
export function sendJson(body: unknown, script: Script, context: DemoContext): Response {
  if (!script.cut) return Response.json(body, { headers: context.headers })
  const text = JSON.stringify(body)
  return new Response(cutAfter(text.slice(0, text.length / 2)), {
    headers: { ...context.headers, 'content-type': 'application/json' },
  })
}

/** How a stream of events ends: `last` is sent as it is, and `error` is what a midway error looks like. */
export interface StreamEnd {
  readonly last?: string
  readonly error: (error: DemoError) => ServerEvent
}

/** Streams events, with the pauses, the cut or the midway error of the script. */
export function sendEvents(
  events: readonly ServerEvent[],
  script: Script,
  end: StreamEnd,
  context: DemoContext,
): Response {
  const middle = Math.ceil(events.length / 2)
  const gone = new AbortController()
  const signal = AbortSignal.any([gone.signal, context.signal])
  const encoder = new TextEncoder()
  let at = 0
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const event = events[at]
      if (event === undefined) {
        if (end.last !== undefined) controller.enqueue(encoder.encode(end.last))
        controller.close()
        return
      }
      if (at >= middle && script.cut) throw new Error('cut by the script')
      if (at >= middle && script.errorMidstream) {
        controller.enqueue(encoder.encode(encode(end.error(scriptedError(500)))))
        controller.close()
        return
      }
      await wait(script.slowMs, signal)
      controller.enqueue(encoder.encode(encode(event)))
      at++
    },
    cancel() {
      gone.abort()
    },
  })
  return new Response(body, {
    headers: {
      ...context.headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
    },
  })
}

/** Splits text into the pieces a stream carries: words with the space before them; together they are the whole text. */
export function splitText(text: string): readonly string[] {
  return text.match(/\s*\S{1,16}|\s+/g) ?? []
}

function encode({ event, data }: ServerEvent): string {
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`
}

function cutAfter(text: string): ReadableStream<Uint8Array> {
  let sent = false
  return new ReadableStream({
    pull(controller) {
      if (sent) throw new Error('cut by the script')
      sent = true
      controller.enqueue(new TextEncoder().encode(text))
    },
  })
}
