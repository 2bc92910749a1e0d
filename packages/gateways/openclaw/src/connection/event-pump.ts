import type { GatewayEvent } from '@pincer/protocol'
import type { OpenClawTransport } from '../transport/transport.ts'

/** Reads one iterable of events for many listeners. */
export interface EventPump {
  subscribe(listener: (event: GatewayEvent) => void): () => void
  close(): void
}

/**
 * Makes the pump of a transport that has `events()` only; it begins to read with its first listener.
 *
 * @param onEnd - Called once when the events have ended, with the reason where there is one.
 */
export function createEventPump(transport: OpenClawTransport, onEnd: (error: unknown) => void): EventPump {
  let listeners: readonly ((event: GatewayEvent) => void)[] = []
  let events: AsyncIterator<GatewayEvent> | undefined
  let reading = false
  let closed = false

  async function read(): Promise<void> {
    let failure: unknown
    try {
      events = transport.events()[Symbol.asyncIterator]()
      for (;;) {
        const { value, done } = await events.next()
        if (done === true || closed) break
        tell(value)
      }
    } catch (error) {
      failure = error
    }
    if (closed) return
    // The next listener reads anew: a transport may hand out events again.
    events = undefined
    reading = false
    onEnd(failure)
  }

  function tell(event: GatewayEvent): void {
    for (const listener of listeners) {
      try {
        listener(event)
      } catch {
        // It must not keep the event from the others.
      }
    }
  }

  return {
    subscribe(listener) {
      const own = (event: GatewayEvent): void => listener(event)
      listeners = [...listeners, own]
      if (!reading && !closed) {
        reading = true
        void read()
      }
      return () => {
        listeners = listeners.filter((other) => other !== own)
      }
    },
    close() {
      closed = true
      listeners = []
      // A generator that waits for its next event answers only when that has come, so nobody waits for it.
      events?.return?.().then(undefined, () => undefined)
    },
  }
}
