import { createParser, type EventSourceMessage, type EventSourceParser } from 'eventsource-parser'
import { DashClawError } from '../request/dashclaw-error.ts'

// One row is some kilobytes; what is longer is no event.
const maxFrameCharacters = 4 * 1024 * 1024

/**
 * Reads frames as they arrive; returns where the stream ends, breaks, or is silent for so many milliseconds.
 *
 * @throws DashClawError where a frame is too long, or the signal's reason.
 */
export async function* readFrames(
  stream: ReadableStream<Uint8Array>,
  silenceMs: number,
  signal: AbortSignal,
): AsyncGenerator<EventSourceMessage> {
  const reader = stream.getReader()
  const decoder = new TextDecoder()
  const found: EventSourceMessage[] = []
  const parser = createParser({ onEvent: (frame) => found.push(frame), maxBufferSize: maxFrameCharacters })
  try {
    while (true) {
      const chunk = await readWithin(reader, silenceMs)
      signal.throwIfAborted()
      if (chunk === undefined) return
      feed(parser, decoder.decode(chunk, { stream: true }))
      yield* found.splice(0)
    }
  } finally {
    // Not waited for: a dead connection answers to nothing.
    reader.cancel().catch(() => {})
  }
}

function feed(parser: EventSourceParser, text: string): void {
  try {
    parser.feed(text)
  } catch {
    throw new DashClawError(`events: the server sent a frame of more than ${maxFrameCharacters} characters`, {
      gatewayCode: 'broken_answer',
    })
  }
}

async function readWithin(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  silenceMs: number,
): Promise<Uint8Array | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const silence = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), silenceMs)
  })
  try {
    const read = reader.read().then(
      ({ value }) => value,
      () => undefined,
    )
    return await Promise.race([read, silence])
  } finally {
    clearTimeout(timer)
  }
}
