import type { CallWatch } from './call-watch.ts'
import type { SdkStream } from './parse-sdk.ts'

type Step = IteratorResult<unknown, unknown>

/** Lets the watch see a stream's events as the caller reads them; the stream stays the object it is. */
export function watchStream(stream: SdkStream, watch: CallWatch): void {
  const { iterator } = stream
  watch.open()
  stream.iterator = () => {
    // A second reading fails in the client, and must not end what the first one is still reading.
    stream.iterator = iterator
    return watchIterator(iterator.call(stream), watch)
  }
}

// Plain `then` callbacks, since an async generator would cost more turns per chunk.
function watchIterator(source: AsyncIterator<unknown>, watch: CallWatch): AsyncIterator<unknown> {
  const see = (step: Step): Step | Promise<Step> => {
    if (step.done) {
      watch.close()
      return step
    }
    const value = watch.event(step.value)
    if (value === step.value) return step
    return value === undefined ? next() : { value, done: false }
  }
  const next = (): Promise<Step> => source.next().then(see, watch.reject)
  // What else the client's iterator can do, it can do too.
  const watched: AsyncIterator<unknown> = Object.create(source)
  watched.next = next
  for (const name of ['return', 'throw'] as const) {
    const end = source[name]
    if (end)
      watched[name] = (value?: unknown) => {
        watch.stop()
        return end.call(source, value)
      }
  }
  return watched
}
