/** Tells everybody inside this process that there are new events; what they are stands in the event store. */
export interface Hub {
  publish(): void
  /** Calls the listener after each publication, until the returned function is called. */
  subscribe(listener: () => void): () => void
}

/** Makes a hub; it holds no events and knows nobody outside this process. */
export function createHub(): Hub {
  const listeners = new Set<() => void>()
  return {
    publish() {
      for (const listener of listeners) listener()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
  }
}
