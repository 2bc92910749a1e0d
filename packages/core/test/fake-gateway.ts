import {
  type Approval,
  type ClawEvent,
  type ClawEventOf,
  type ClawEventType,
  type EventVerdict,
  type Gateway,
  type GuardDecision,
  type GuardRequest,
  parseEvent,
  type RequestOptions,
} from '@pincer/protocol'

type Append = (
  events: readonly ClawEvent[],
  keep: (events: readonly ClawEvent[]) => EventVerdict[],
  options: RequestOptions | undefined,
) => unknown

/** What a {@link FakeGateway} does. */
export interface FakeGatewayOptions {
  /** Answers a batch; `keep` takes events as a gateway that is well does. */
  readonly append?: Append
  /** False offers no place for events. */
  readonly events?: boolean
  readonly decide?: (request: GuardRequest, options: RequestOptions | undefined) => unknown
  readonly wait?: (
    approvalId: string,
    options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } | undefined,
  ) => unknown
  readonly close?: () => Promise<void>
}

/** A gateway in memory that keeps what it accepts, once, and refuses whatever is no event. */
export class FakeGateway implements Gateway {
  readonly name = 'fake'
  /** Every request to append, as it came. */
  readonly batches: ClawEvent[][] = []
  /** Every event that was kept, in order, each once. */
  readonly kept: ClawEvent[] = []
  /** Why events were refused. */
  readonly refused: string[] = []
  /** Every question to the guard. */
  readonly questions: GuardRequest[] = []
  /** Every request to wait for an approval. */
  readonly waits: string[] = []
  closed = 0
  append: Append
  readonly events?: NonNullable<Gateway['events']>
  readonly guard?: NonNullable<Gateway['guard']>
  readonly approvals?: NonNullable<Gateway['approvals']>
  readonly #ids = new Set<string>()
  readonly #close: () => Promise<void>

  constructor(options: FakeGatewayOptions = {}) {
    this.append = options.append ?? ((events, keep) => keep(events))
    this.#close = options.close ?? (() => Promise.resolve())
    if (options.events !== false)
      this.events = {
        append: (events, request) => {
          this.batches.push([...events])
          return this.append(events, (some) => this.#keep(some), request) as Promise<EventVerdict[]>
        },
      }
    const { decide, wait } = options
    if (decide !== undefined)
      this.guard = {
        decide: (request, given) => {
          this.questions.push(request)
          return decide(request, given) as Promise<GuardDecision>
        },
      }
    if (wait !== undefined)
      this.approvals = {
        list: () => Promise.resolve([]),
        get: () => Promise.resolve(undefined),
        decide: () => Promise.reject(new Error('not asked for here')),
        wait: (approvalId, given) => {
          this.waits.push(approvalId)
          return wait(approvalId, given) as Promise<Approval>
        },
      }
  }

  /** The types of the events that were kept. */
  get types(): string[] {
    return this.kept.map((event) => event.type)
  }

  /** The kept events of one type. */
  of<Type extends ClawEventType>(type: Type): ClawEventOf<Type>[] {
    return this.kept.filter((event): event is ClawEvent & ClawEventOf<Type> => event.type === type)
  }

  /** The only kept event of one type. */
  one<Type extends ClawEventType>(type: Type): ClawEventOf<Type> {
    const [event, ...more] = this.of(type)
    if (event === undefined || more.length > 0)
      throw new Error(`${more.length + (event ? 1 : 0)} events of type ${type}, of ${this.types.join(' ')}`)
    return event
  }

  /** The kept events of one run, in the order of their positions. */
  ofRun(runId: string): ClawEvent[] {
    return this.kept
      .filter((event) => event.runId === runId)
      .sort((left, right) => (left.seq ?? 0) - (right.seq ?? 0))
  }

  async close(): Promise<void> {
    this.closed++
    await this.#close()
  }

  #keep(events: readonly ClawEvent[]): EventVerdict[] {
    return events.map((sent) => {
      try {
        const event = parseEvent(JSON.parse(JSON.stringify(sent)))
        if (this.#ids.has(event.id)) return { id: event.id, status: 'duplicate' }
        this.#ids.add(event.id)
        this.kept.push(event)
        return { id: event.id, status: 'accepted' }
      } catch (error) {
        this.refused.push(String(error))
        return { id: sent.id, status: 'rejected', code: 'invalid_event', message: String(error) }
      }
    })
  }
}
