import type { StreamEvent } from '../events/event-types.ts'

/** Tells when a row may have changed. */
export interface RowWatch {
  /**
   * Calls back whenever the row may have changed: the server said so, or the connection to it is new.
   *
   * @returns what ends it.
   */
  watch(rowId: string, changed: () => void): () => void
}

/** Makes one reader of the server's events for all who wait, open while somebody does; without events, looking remains. */
export function createRowWatch(read: (signal: AbortSignal) => AsyncIterable<StreamEvent>): RowWatch {
  const watchers = new Map<string, Set<() => void>>()
  let reading: AbortController | undefined

  async function listen(signal: AbortSignal): Promise<void> {
    for await (const event of read(signal)) {
      if (event.type === 'connected') for (const all of watchers.values()) for (const call of all) call()
      if (event.type !== 'action.updated') continue
      for (const call of watchers.get(event.data.action_id) ?? []) call()
    }
  }

  function start(): void {
    const abort = new AbortController()
    reading = abort
    void listen(abort.signal)
      .catch(() => {})
      .finally(() => {
        // The next who waits tries again.
        if (reading === abort) reading = undefined
      })
  }

  return {
    watch(rowId, changed) {
      const ofRow = watchers.get(rowId) ?? new Set()
      watchers.set(rowId, ofRow.add(changed))
      if (reading === undefined) start()
      return () => {
        ofRow.delete(changed)
        if (ofRow.size > 0) return
        if (watchers.get(rowId) === ofRow) watchers.delete(rowId)
        if (watchers.size > 0) return
        reading?.abort()
        reading = undefined
      }
    },
  }
}
