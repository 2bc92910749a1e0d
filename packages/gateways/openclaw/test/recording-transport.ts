import type { GatewayEvent, JsonValue } from '@pincer/protocol'
import type {
  ConnectionChange,
  GatewayRequestOptions,
  OpenClawTransport,
} from '../src/transport/transport.ts'
import type { RecordedError, RecordedLine } from './recording.ts'

// They come by the clock, and tell of the machine.
const untold = new Set(['tick', 'health', 'presence', 'heartbeat', 'cron'])

const untoldFields = new Set(['name', 'message', 'cause'])

/** A real transport that writes down what it carries, so that a story can be told again without a Gateway. */
export class RecordingTransport implements Required<OpenClawTransport> {
  readonly #transport: Required<OpenClawTransport>
  readonly #client: number
  readonly #write: (line: RecordedLine) => void
  readonly #stop: (() => void)[] = []
  #opened = false
  #requests = 0

  constructor(transport: Required<OpenClawTransport>, client: number, write: (line: RecordedLine) => void) {
    this.#transport = transport
    this.#client = client
    this.#write = write
    // Before anybody else listens: what the client does about an event stands behind the event.
    this.#stop.push(
      transport.subscribe((event) => {
        if (!untold.has(event.event)) write({ client, event })
      }),
      transport.onConnection((change) => write({ client, change })),
    )
  }

  async connect(): Promise<void> {
    if (!this.#opened) this.#write({ client: this.#client, opens: true })
    this.#opened = true
    await this.#transport.connect()
  }

  async request(rpc: string, params?: unknown, options: GatewayRequestOptions = {}): Promise<unknown> {
    const client = this.#client
    const request = ++this.#requests
    this.#write({ client, request, rpc, ...(params === undefined ? {} : { params: params as JsonValue }) })
    const { onAccepted } = options
    try {
      const payload = await this.#transport.request(rpc, params, {
        ...options,
        ...(onAccepted === undefined
          ? {}
          : {
              onAccepted: (accepted: unknown) => {
                this.#write({ client, accepted: request, payload: accepted as JsonValue })
                onAccepted(accepted)
              },
            }),
      })
      this.#write({ client, answer: request, payload: (payload ?? null) as JsonValue })
      return payload
    } catch (error) {
      this.#write({ client, answer: request, error: recordError(error) })
      throw error
    }
  }

  events(filter?: (event: GatewayEvent) => boolean): AsyncIterable<GatewayEvent> {
    return this.#transport.events(filter)
  }

  subscribe(listener: (event: GatewayEvent) => void): () => void {
    return this.#transport.subscribe(listener)
  }

  onConnection(listener: (change: ConnectionChange) => void): () => void {
    return this.#transport.onConnection(listener)
  }

  async close(): Promise<void> {
    for (const stop of this.#stop) stop()
    await this.#transport.close()
  }
}

function recordError(error: unknown): RecordedError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), fields: {} }
  const fields = Object.entries(error).filter(([name, value]) => !untoldFields.has(name) && isPlain(value))
  return {
    name: error.name,
    message: error.message,
    fields: Object.fromEntries(fields) as RecordedError['fields'],
  }
}

function isPlain(value: unknown): boolean {
  return value !== undefined && typeof value !== 'function' && !(value instanceof Error)
}
