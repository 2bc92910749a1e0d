import type { LanguageModelV4StreamPart } from '@ai-sdk/provider'

/** Is shown the parts of a model's stream as they pass, and how the stream ended; must not throw. */
export interface StreamWatch {
  part(part: LanguageModelV4StreamPart): void
  /** It has ended by itself. */
  done(): void
  failed(error: unknown): void
  /** Whoever reads it has stopped. */
  cancelled(): void
}

const watches = new WeakMap<object, StreamWatch[]>()

/**
 * Shows the parts of a stream to a watch when the AI SDK pipes the stream on; the stream stays the object it is.
 *
 * No hook of the AI SDK tells of pieces, of the error in an `error` part, or of a stream that ends without a `finish`
 * part. What reads the stream otherwise is not watched.
 */
export function watchModelStream(stream: unknown, watch: StreamWatch): void {
  if (!(stream instanceof ReadableStream)) return
  const known = watches.get(stream)
  if (known !== undefined) {
    known.push(watch)
    return
  }
  const all = [watch]
  watches.set(stream, all)
  const pipeThrough: ReadableStream['pipeThrough'] = (pair, options) =>
    passOn(stream, all).pipeThrough(pair, options)
  Object.defineProperty(stream, 'pipeThrough', { value: pipeThrough, configurable: true, writable: true })
}

// One promise per part and no queue of its own: parts are read when they are asked for, as without it.
function passOn(
  stream: ReadableStream<LanguageModelV4StreamPart>,
  all: readonly StreamWatch[],
): ReadableStream {
  const reader = stream.getReader()
  let out: ReadableStreamDefaultController | undefined
  let isLeft = false
  const tell = (show: (watch: StreamWatch) => void): void => {
    for (const watch of all) show(watch)
  }
  const see = ({ done, value }: ReadResult): void => {
    // What was on its way has nowhere to go.
    if (isLeft) return
    if (done) {
      tell((watch) => watch.done())
      out?.close()
      return
    }
    for (const watch of all) watch.part(value)
    out?.enqueue(value)
  }
  const fail = (error: unknown): void => {
    tell((watch) => watch.failed(error))
    out?.error(error)
  }
  return new ReadableStream(
    {
      start(controller) {
        out = controller
      },
      // Whoever waits for a part waits for the part, and not for this.
      pull() {
        void reader.read().then(see, fail)
      },
      cancel(reason) {
        isLeft = true
        tell((watch) => watch.cancelled())
        return reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}

type ReadResult = Awaited<ReturnType<ReadableStreamDefaultReader<LanguageModelV4StreamPart>['read']>>
