import type { Backlog } from './backlog.ts'

/** One reader of a stream, at its own pace: what it has not read yet waits in a backlog of its own. */
export interface EventReader<Item> {
  /** Hands over the next item. */
  offer(item: Item, bytes: number): void
  /** Ends the stream behind what waits. */
  end(): void
  /** Breaks the stream off: what is read next rejects with `reason`. */
  fail(reason: unknown): void
  /** What the reader iterates over, once. */
  readonly items: AsyncIterable<Item>
}

/** How a reader is given up, and what is told then. */
export interface EventReaderOptions {
  /** Gives the reader up; what it waits for rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** Called once, when nothing needs to be offered any more. */
  readonly onClose: () => void
}

interface Waiter<Item> {
  readonly resolve: (result: IteratorResult<Item>) => void
  readonly reject: (reason: unknown) => void
}

/** Makes a reader of what is in `backlog`, and of what is offered from now on; nothing needs to be, where `signal` is aborted. */
export function createEventReader<Item>(
  backlog: Backlog<Item>,
  { signal, onClose }: EventReaderOptions,
): EventReader<Item> {
  const waiters: Waiter<Item>[] = []
  let isOpen = true
  let failure: { readonly reason: unknown } | undefined

  function close(): void {
    if (!isOpen) return
    isOpen = false
    signal?.removeEventListener('abort', abort)
    onClose()
  }

  function end(): void {
    close()
    for (const waiter of waiters.splice(0)) waiter.resolve({ done: true, value: undefined })
  }

  function fail(reason: unknown): void {
    if (!isOpen) return
    discard()
    close()
    // Told once: to who waits, else to who reads next.
    if (waiters.length === 0) failure = { reason }
    for (const waiter of waiters.splice(0)) waiter.reject(reason)
  }

  const abort = (): void => fail(signal?.reason)

  function discard(): void {
    while (backlog.take() !== undefined);
  }

  const iterator: AsyncIterator<Item> = {
    next() {
      if (failure !== undefined) {
        const { reason } = failure
        failure = undefined
        return Promise.reject(reason)
      }
      const value = backlog.take()
      if (value !== undefined) return Promise.resolve({ done: false, value })
      if (!isOpen) return Promise.resolve({ done: true, value: undefined })
      return new Promise((resolve, reject) => {
        waiters.push({ resolve, reject })
      })
    },
    return() {
      discard()
      end()
      return Promise.resolve({ done: true, value: undefined })
    },
  }

  if (signal?.aborted === true) {
    // Nobody was told of this reader yet.
    isOpen = false
    failure = { reason: signal.reason }
    discard()
  } else signal?.addEventListener('abort', abort, { once: true })

  return {
    offer(item, bytes) {
      if (!isOpen) return
      const waiter = waiters.shift()
      if (waiter === undefined) backlog.add(item, bytes)
      else waiter.resolve({ done: false, value: item })
    },
    end,
    fail,
    items: { [Symbol.asyncIterator]: () => iterator },
  }
}
