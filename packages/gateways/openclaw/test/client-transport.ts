import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { GatewayEvent } from '@pincer/protocol'
import type {
  ConnectionChange,
  GatewayHello,
  GatewayRequestOptions,
  OpenClawTransport,
} from '../src/transport/transport.ts'

/** A request that the client made. */
export interface SentRequest {
  readonly method: string
  readonly params: unknown
  readonly options: GatewayRequestOptions | undefined
}

/** Answers a request of one method; what it throws is what the Gateway refuses with. */
export type Answer = (
  params: Readonly<Record<string, unknown>>,
  count: number,
  options: GatewayRequestOptions | undefined,
) => unknown

/** What a Gateway refused with, as its reference client throws it. */
export class Refusal extends Error {
  readonly gatewayCode: string
  readonly details: unknown
  readonly retryable: boolean

  constructor(message: string, details?: unknown, gatewayCode = 'INVALID_REQUEST', retryable = false) {
    super(message)
    this.gatewayCode = gatewayCode
    this.details = details
    this.retryable = retryable
  }
}

interface Recorded {
  readonly method: string
  readonly params: unknown
  readonly frame: Readonly<Record<string, unknown>>
}

/** The hello of the Gateway that the fixtures were captured from. */
export const capturedHello: GatewayHello = {
  bootId: '354085af-139c-44be-a778-39d94f617cc8',
  version: '2026.9.6',
  protocol: 4,
  scopes: ['operator.read', 'operator.write', 'operator.admin', 'operator.approvals', 'operator.questions'],
  defaultAgentId: 'main',
  mainSessionKey: 'agent:main:main',
  methods: [],
}

/**
 * A Gateway made of captured answers: the one to the very same request where there is one, else the first to its method.
 *
 * `answers` go before what was captured; what has neither is refused as the Gateway refuses unknown methods.
 */
export class ClientTransport implements OpenClawTransport {
  readonly sent: SentRequest[] = []
  opened = 0
  closed = 0
  readonly #recorded: readonly Recorded[]
  readonly #answers: ReadonlyMap<string, Answer>
  readonly #hello: GatewayHello | null
  readonly #counts = new Map<string, number>()
  readonly #changes = new Set<(change: ConnectionChange) => void>()
  readonly #listeners = new Set<(event: GatewayEvent) => void>()

  constructor(
    fixtures: readonly string[] = [],
    answers: Readonly<Record<string, Answer>> = {},
    hello: GatewayHello | null = capturedHello,
  ) {
    this.#recorded = fixtures.flatMap(readFixture)
    this.#answers = new Map(Object.entries(answers))
    this.#hello = hello
  }

  /** What went over the wire, without the options. */
  get calls(): readonly (readonly [string, unknown])[] {
    return this.sent.map(({ method, params }) => [method, params])
  }

  /** How many listen for events. */
  get listening(): number {
    return this.#listeners.size
  }

  /** The parameters of the last request of a method. */
  last(method: string): unknown {
    return this.sent.findLast((request) => request.method === method)?.params
  }

  async request(method: string, params?: unknown, options?: GatewayRequestOptions): Promise<unknown> {
    this.sent.push({ method, params, options })
    await Promise.resolve()
    const count = this.#counts.get(method) ?? 0
    this.#counts.set(method, count + 1)
    const answer = this.#answers.get(method)
    if (answer !== undefined)
      return answer((params ?? {}) as Readonly<Record<string, unknown>>, count, options)
    const ofMethod = this.#recorded.filter((recorded) => recorded.method === method)
    const found =
      ofMethod.find((recorded) => isDeepStrictEqual(recorded.params, params)) ??
      ofMethod.find((recorded) => recorded.frame['ok'] === true)
    if (found === undefined) throw new Refusal(`unknown method: ${method}`)
    if (found.frame['ok'] === true) return structuredClone(found.frame['payload'])
    const error = found.frame['error'] as Readonly<Record<string, unknown>>
    throw new Refusal(String(error['message']), error['details'], String(error['code']))
  }

  async connect(): Promise<void> {
    this.opened++
    await Promise.resolve()
    if (this.#hello !== null) this.change({ status: 'connected', hello: this.#hello })
  }

  async *events(): AsyncGenerator<GatewayEvent> {}

  subscribe(listener: (event: GatewayEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  onConnection(listener: (change: ConnectionChange) => void): () => void {
    this.#changes.add(listener)
    return () => this.#changes.delete(listener)
  }

  /** Tells a change of the connection, as the transport of a Gateway does. */
  change(change: ConnectionChange): void {
    for (const listener of this.#changes) listener(change)
  }

  /** Tells an event, as the Gateway does. */
  tell(event: GatewayEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  async close(): Promise<void> {
    this.closed++
  }
}

/** The events of a captured conversation. */
export function readFixtureEvents(name: string): readonly GatewayEvent[] {
  return readFrames(name)
    .filter(({ frame }) => frame['type'] === 'event' && frame['event'] !== 'connect.challenge')
    .map(({ frame }) => frame as unknown as GatewayEvent)
}

function readFixture(name: string): readonly Recorded[] {
  const requests = new Map<string, Recorded>()
  const recorded: Recorded[] = []
  for (const { conn, frame } of readFrames(name)) {
    const id = `${String(conn)}/${String(frame['id'])}`
    if (frame['type'] === 'req') {
      requests.set(id, { method: String(frame['method']), params: frame['params'], frame })
    }
    const request = frame['type'] === 'res' ? requests.get(id) : undefined
    if (request !== undefined) recorded.push({ ...request, frame })
  }
  return recorded
}

/** The frames of a captured conversation, in order. */
export function readFrames(
  name: string,
): readonly { readonly conn: unknown; readonly frame: Readonly<Record<string, unknown>> }[] {
  const file = new URL(`./fixtures/${name}.jsonl`, import.meta.url)
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { conn: unknown; frame?: Readonly<Record<string, unknown>> })
    .flatMap(({ conn, frame }) => (frame === undefined ? [] : [{ conn, frame }]))
}
