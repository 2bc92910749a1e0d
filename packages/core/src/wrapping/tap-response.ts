import type { CallWatch } from './call-watch.ts'
import { EventReader } from './event-reader.ts'
import { parseJson } from './parse-json.ts'

const maxJsonLength = 16 * 1024 * 1024

/**
 * Makes a response that reads like the given one, and lets the watch see its body as the caller reads it.
 *
 * What the caller does not read is not read, what the caller cancels is cancelled, and what only we asked for is left out.
 */
export function tapResponse(response: Response, watch: CallWatch): Response {
  const body: ReadableStream<Uint8Array> | null = response.body
  // Somebody has begun to parse it meanwhile, and will tell what it says.
  if (body?.locked || response.bodyUsed) return response
  // A custom `fetch` may answer with a body of another kind, which is left alone.
  if (typeof body?.getReader !== 'function') {
    watch.whole(undefined)
    return response
  }
  const tapped = withBody(response, tapBody(body, bodyWatch(response, watch)))
  // The length was that of the body with what is left out.
  if (watch.hiding) tapped.headers.delete('content-length')
  return tapped
}

/** A response like the given one, with another body. */
export function withBody(response: Response, body: ReadableStream<Uint8Array>): Response {
  const copy = new Response(body, response)
  for (const name of ['url', 'redirected', 'type'] as const) {
    Object.defineProperty(copy, name, { value: response[name], configurable: true })
  }
  return copy
}

/** Sees a body as it is read. */
export interface BodyWatch {
  /** One piece of the body; what it returns is handed on. */
  piece(bytes: Uint8Array): Uint8Array
  /** The body's end; what it returns is handed on. */
  end(): Uint8Array
  stop(): void
  fail(error: unknown): void
}

/** Makes a body that reads like the given one, as lazily, and lets the watch see it. */
export function tapBody(body: ReadableStream<Uint8Array>, watch: BodyWatch): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  return new ReadableStream({
    type: 'bytes',
    async pull(controller) {
      try {
        let piece: Uint8Array
        do {
          const { done, value } = await reader.read()
          piece = done ? watch.end() : watch.piece(value)
          if (piece.length > 0) controller.enqueue(piece)
          if (done) {
            controller.close()
            controller.byobRequest?.respond(0)
            return
          }
        } while (piece.length === 0)
      } catch (error) {
        watch.fail(error)
        controller.error(error)
      }
    },
    cancel(reason) {
      watch.stop()
      return reader.cancel(reason)
    },
  })
}

function bodyWatch(response: Response, watch: CallWatch): BodyWatch {
  const mediaType = response.headers.get('content-type') ?? ''
  const stop = (): void => watch.stop()
  const fail = (error: unknown): void => watch.fail(error)
  if (mediaType.startsWith('text/event-stream')) {
    watch.open()
    const events = new EventReader(watch)
    const end = (): Uint8Array => {
      const rest = events.end()
      watch.close()
      return rest
    }
    return { piece: (bytes) => events.piece(bytes), end, stop, fail }
  }
  const isText = mediaType.includes('json') || mediaType.startsWith('text/')
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  return {
    piece(bytes) {
      size += bytes.length
      if (isText && text.length < maxJsonLength) text += decoder.decode(bytes, { stream: true })
      return bytes
    },
    end() {
      watch.whole(isText ? parseJson(text) : { mediaType, bytes: size })
      return new Uint8Array()
    },
    stop,
    fail,
  }
}
