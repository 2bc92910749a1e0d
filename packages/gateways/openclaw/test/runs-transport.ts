import { readFileSync } from 'node:fs'
import type { ClawEvent, GatewayEvent } from '@pincer/protocol'
import { createConnection } from '../src/connection/create-connection.ts'
import type { Connection } from '../src/connection/connection.ts'
import { createEventFeed } from '../src/events/create-event-feed.ts'
import type { EventFeed } from '../src/events/event-feed.ts'
import { createRunStarter, type RunStarter } from '../src/runs/run-starter.ts'
import type { RunTimes } from '../src/runs/run-context.ts'
import type {
  ConnectionChange,
  GatewayHello,
  GatewayRequestOptions,
  OpenClawTransport,
} from '../src/transport/transport.ts'

type Params = Readonly<Record<string, unknown>>

/** A request that the client made, to be answered when the test likes. */
export interface OpenRequest {
  readonly method: string
  readonly params: Params
  readonly options: GatewayRequestOptions
  readonly accept: (payload: unknown) => void
  readonly answer: (payload: unknown) => void
  readonly refuse: (error: unknown) => void
  settled: boolean
}

/** Answers a request; returning `undefined` leaves it open. */
export type Script = (request: OpenRequest) => unknown

/** What the reference client throws where the Gateway refuses. */
export function refusal(message: string, gatewayCode = 'INVALID_REQUEST', retryable = false): Error {
  return Object.assign(new Error(message), { gatewayCode, retryable })
}

/** A Gateway that does what the test says, with connections that the test opens and cuts. */
export class ScriptedTransport implements OpenClawTransport {
  readonly sent: OpenRequest[] = []
  readonly scripts: Map<string, Script> = new Map()
  readonly #listeners = new Set<(event: GatewayEvent) => void>()
  readonly #changes = new Set<(change: ConnectionChange) => void>()
  #waiting: (() => void)[] = []
  #hello: GatewayHello | undefined = hello('boot-1')

  async request(method: string, params: unknown, options: GatewayRequestOptions = {}): Promise<unknown> {
    options.signal?.throwIfAborted()
    if (this.#hello === undefined) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    options.signal?.throwIfAborted()
    return await new Promise((resolve, reject) => {
      const request: OpenRequest = {
        method,
        params: { ...(params as Params) },
        options,
        settled: false,
        accept: (payload) => options.onAccepted?.(payload),
        answer: (payload) => {
          request.settled = true
          resolve(payload)
        },
        refuse: (error) => {
          request.settled = true
          reject(error)
        },
      }
      options.signal?.addEventListener('abort', () => request.refuse(options.signal?.reason), { once: true })
      this.sent.push(request)
      try {
        const answer = this.scripts.get(method)?.(request)
        if (answer !== undefined) request.answer(answer)
      } catch (error) {
        request.refuse(error)
      }
    })
  }

  async *events(): AsyncIterable<GatewayEvent> {}

  subscribe(listener: (event: GatewayEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  onConnection(listener: (change: ConnectionChange) => void): () => void {
    this.#changes.add(listener)
    if (this.#hello !== undefined) listener({ status: 'connected', hello: this.#hello })
    return () => this.#changes.delete(listener)
  }

  emit(event: string, payload: unknown): void {
    for (const listener of this.#listeners) listener({ event, payload })
  }

  /** One frame of the `agent` family. */
  agent(runId: string, stream: string, data: Params, sessionKey = 'agent:main:notes'): void {
    this.emit('agent', { runId, sessionKey, agentId: 'main', stream, data, seq: 1, ts: 1_795_174_000_000 })
  }

  /** The end of a run as the Gateway tells it: the event, then what answers the open requests about it. */
  end(runId: string, sessionKey?: string, stopReason = 'stop'): void {
    this.agent(runId, 'lifecycle', { phase: 'end', startedAt: 1, endedAt: 2, stopReason }, sessionKey)
    const answer = { runId, status: 'ok', startedAt: 1, endedAt: 2, stopReason }
    for (const { method, params, settled, ...request } of this.sent) {
      if (settled) continue
      if (method === 'agent.wait' && params['runId'] === runId) request.answer(answer)
      if (method === 'agent' && params['idempotencyKey'] === runId) request.answer({ runId, status: 'ok' })
    }
  }

  /** The end of a run that was stopped. */
  stop(runId: string): void {
    const stopped = { phase: 'end', status: 'cancelled', aborted: true, stopReason: 'rpc' }
    this.agent(runId, 'lifecycle', { ...stopped, startedAt: 1, endedAt: 2 })
    for (const { method, params, settled, ...request } of this.sent) {
      if (settled) continue
      if (method === 'agent.wait' && params['runId'] === runId)
        request.answer({ runId, status: 'error', stopReason: 'rpc', endedAt: 2 })
      if (method === 'agent' && params['idempotencyKey'] === runId)
        request.answer({ runId, status: 'timeout', summary: 'aborted', stopReason: 'rpc' })
    }
  }

  disconnect(code = 1006, reconnecting = true): void {
    this.#hello = undefined
    for (const request of this.sent) {
      if (!request.settled) request.refuse(new Error(`gateway closed (${code})`))
    }
    for (const listener of this.#changes) {
      listener({ status: 'disconnected', code, reason: '', reconnecting })
    }
  }

  connectAgain(bootId: string): void {
    this.#hello = hello(bootId)
    for (const listener of this.#changes) listener({ status: 'connected', hello: this.#hello })
    for (const wake of this.#waiting.splice(0)) wake()
  }

  script(method: string, script: Script): void {
    this.scripts.set(method, script)
  }

  of(method: string): readonly OpenRequest[] {
    return this.sent.filter((request) => request.method === method)
  }
}

function hello(bootId: string): GatewayHello {
  return {
    bootId,
    version: '2026.9.6',
    protocol: 4,
    scopes: ['operator.read', 'operator.write'],
    defaultAgentId: 'main',
    mainSessionKey: 'agent:main:main',
    methods: [],
  }
}

/** A client on a scripted Gateway that accepts every run, knows nothing of it and tells nothing, until it is told otherwise. */
export function openClient(times?: RunTimes): {
  readonly gateway: ScriptedTransport
  readonly connection: Connection
  readonly feed: EventFeed
  readonly runs: RunStarter
} {
  const gateway = new ScriptedTransport()
  gateway.script('agent', (request) => {
    request.accept({
      runId: request.params['idempotencyKey'],
      sessionKey: request.params['sessionKey'] ?? undefined,
      agentId: 'main',
      status: 'accepted',
    })
  })
  gateway.script('sessions.send', ({ params }) => ({ runId: params['idempotencyKey'], status: 'started' }))
  gateway.script('agent.wait', ({ params }) =>
    params['timeoutMs'] === 0 ? { runId: params['runId'], status: 'timeout' } : undefined,
  )
  gateway.script('audit.list', () => ({ events: [] }))
  gateway.script('tasks.list', () => ({ tasks: [] }))
  gateway.script('chat.history', () => history())
  gateway.script('sessions.abort', () => ({ ok: true, abortedRunId: null, status: 'no-active-run' }))
  const connection = createConnection(gateway)
  const feed = createEventFeed(connection)
  return { gateway, connection, feed, runs: createRunStarter(connection, feed, times) }
}

/** An answer of `chat.history`. */
export function history(
  messages: readonly unknown[] = [],
  more: { readonly info?: Params; readonly pending?: readonly unknown[]; readonly rest?: Params } = {},
): unknown {
  return {
    messages,
    pendingInputs: { items: more.pending ?? [], total: more.pending?.length ?? 0 },
    sessionInfo: { hasActiveRun: false, activeRunIds: [], ...more.info },
    hasMore: false,
    ...more.rest,
  }
}

/** A row of the transcript by which a run began. */
export function userRow(runId: string, resumes = false): unknown {
  return {
    role: 'user',
    content: 'do it',
    idempotencyKey: `${runId}:user`,
    ...(resumes ? { provenance: { sourceTool: 'main_session_restart_recovery' } } : {}),
  }
}

/** A row of the transcript by which a model answered. */
export function assistantRow(runId: string, text: string, more: Params = {}): unknown {
  return {
    role: 'assistant',
    content: [{ type: 'text', text }],
    provider: 'fake',
    model: 'fake-1',
    stopReason: 'stop',
    __openclaw: { runId, id: `row-${text}` },
    ...more,
  }
}

export async function collect(events: AsyncIterable<ClawEvent>): Promise<ClawEvent[]> {
  const found: ClawEvent[] = []
  for await (const event of events) found.push(event)
  return found
}

/** The words of our own events about a run's recovery, in their order. */
export function recoverySteps(events: readonly ClawEvent[]): readonly unknown[] {
  return events.flatMap((event) => {
    if (event.type !== 'raw' || event.data.name !== 'recovery') return []
    const { payload } = event.data
    return typeof payload === 'object' && payload !== null && 'status' in payload ? [payload['status']] : []
  })
}

interface FixtureLine {
  readonly conn?: number
  readonly dir?: 'in' | 'out'
  readonly frame?: {
    readonly type: string
    readonly id?: string
    readonly method?: string
    readonly params?: Params
    readonly event?: string
    readonly ok?: boolean
    readonly payload?: Params
  }
  readonly close?: unknown
}

export function readFixture(name: string): readonly FixtureLine[] {
  const text = readFileSync(new URL(`fixtures/${name}.jsonl`, import.meta.url), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as FixtureLine)
}

/** Every answer to a method in a fixture, in order, with what was asked. */
export function answersTo(
  name: string,
  method: string,
): readonly { readonly params: Params; readonly payload: Params }[] {
  const asked = new Map<string, Params>()
  return readFixture(name).flatMap(({ conn, frame }) => {
    if (frame?.type === 'req' && frame.method === method) asked.set(`${conn}:${frame.id}`, frame.params ?? {})
    const params = frame?.type === 'res' ? asked.get(`${conn}:${frame.id}`) : undefined
    return params === undefined || frame?.payload === undefined ? [] : [{ params, payload: frame.payload }]
  })
}
