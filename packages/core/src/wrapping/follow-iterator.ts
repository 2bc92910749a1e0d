/** What is told of an iteration as somebody else makes it. */
interface IteratorFollower<Value> {
  /** Makes a step, as by running it inside a run; the step itself when absent. */
  step?(make: () => Promise<IteratorResult<Value>>): Promise<IteratorResult<Value>>
  value(value: Value): void
  end(): void
  /** The reader has stopped. */
  stop(): void
  fail(error: unknown): void
}

/** An iterator that does what the given one does, at the same pace, and tells of it. */
export function followIterator<Value>(
  source: AsyncIterator<Value>,
  watch: IteratorFollower<Value>,
): AsyncIterator<Value> {
  // What else the client's iterator can do, it can do too.
  const watched: AsyncIterator<Value> = Object.create(source)
  watched.next = () => {
    const make = (): Promise<IteratorResult<Value>> => source.next()
    const step = watch.step ? watch.step(make) : make()
    step.then(
      ({ done, value }) => (done ? watch.end() : watch.value(value)),
      (error: unknown) => watch.fail(error),
    )
    return step
  }
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
