import { GatewayError, type GatewayErrorDetails, type GatewayEvent } from '@pincer/protocol'
import type {
  ConnectionChange,
  GatewayRequestOptions,
  OpenClawTransport,
} from '../src/transport/transport.ts'
import type { RecordedError, RecordedFrame } from './recording.ts'
import type { Replay } from './replay.ts'

interface OpenRequest {
  readonly resolve: (payload: unknown) => void
  readonly reject: (error: unknown) => void
  readonly onAccepted: ((payload: unknown) => void) | undefined
}

/** A transport over one recording: it knows no Gateway, only what one once said. */
export class ReplayTransport implements Required<OpenClawTransport> {
  readonly #replay: Replay
  readonly #client: number
  readonly #open = new Map<number, OpenRequest>()
  readonly #listeners = new Set<(event: GatewayEvent) => void>()
  readonly #changeListeners = new Set<(change: ConnectionChange) => void>()
  readonly #connected = Promise.withResolvers<void>()
  #last: ConnectionChange | undefined
  #opened = false

  constructor(replay: Replay, client: number) {
    this.#replay = replay
    this.#client = client
    replay.listen(client, (frame) => this.#take(frame))
  }

  async connect(): Promise<void> {
    if (!this.#opened) this.#replay.opens(this.#client)
    this.#opened = true
    await this.#connected.promise
  }

  async request(rpc: string, params?: unknown, options: GatewayRequestOptions = {}): Promise<unknown> {
    const { signal, onAccepted } = options
    signal?.throwIfAborted()
    const request = this.#replay.request(this.#client, rpc, params)
    return new Promise((resolve, reject) => {
      this.#open.set(request, { resolve, reject, onAccepted })
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    })
  }

  async *events(filter: (event: GatewayEvent) => boolean = () => true): AsyncIterable<GatewayEvent> {
    const events: GatewayEvent[] = []
    let wake = Promise.withResolvers<void>()
    const stop = this.subscribe((event) => {
      events.push(event)
      wake.resolve()
    })
    try {
      for (;;) {
        for (const event of events.splice(0)) if (filter(event)) yield event
        await wake.promise
        wake = Promise.withResolvers<void>()
      }
    } finally {
      stop()
    }
  }

  subscribe(listener: (event: GatewayEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  onConnection(listener: (change: ConnectionChange) => void): () => void {
    this.#changeListeners.add(listener)
    if (this.#last?.status === 'connected') listener(this.#last)
    return () => this.#changeListeners.delete(listener)
  }

  close(): Promise<void> {
    this.#listeners.clear()
    this.#changeListeners.clear()
    for (const { reject } of this.#open.values()) reject(new Error('the replay was closed'))
    this.#open.clear()
    return Promise.resolve()
  }

  #take(frame: RecordedFrame): void {
    if ('event' in frame) for (const listener of this.#listeners) listener(frame.event)
    else if ('change' in frame) this.#change(frame.change)
    else if ('accepted' in frame) this.#open.get(frame.accepted)?.onAccepted?.(frame.payload)
    else if ('answer' in frame) {
      const request = this.#open.get(frame.answer)
      this.#open.delete(frame.answer)
      if ('error' in frame) request?.reject(rebuildError(frame.error))
      else request?.resolve(frame.payload)
    }
  }

  #change(change: ConnectionChange): void {
    this.#last = change
    if (change.status === 'connected') this.#connected.resolve()
    for (const listener of this.#changeListeners) listener(change)
  }
}

function rebuildError({ name, message, fields }: RecordedError): Error {
  if (name === 'GatewayError') return new GatewayError(message, fields as GatewayErrorDetails)
  return Object.assign(new Error(message), { name }, fields)
}
