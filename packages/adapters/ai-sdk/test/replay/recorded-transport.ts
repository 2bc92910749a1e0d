import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ConnectionChange, GatewayRequestOptions, OpenClawTransport } from '@pincer/openclaw'
import { GatewayError, type GatewayEvent } from '@pincer/protocol'

/** The runs of the real Gateway that were recorded, by the file that each lies in. */
export type Recording =
  | 'approved'
  | 'cancelled'
  | 'denied'
  | 'failed'
  | 'failing-tool'
  | 'length'
  | 'reasoning'
  | 'text'
  | 'timeout'
  | 'tool'
  | 'two-tools'

/** One line of a recording, in which ids are placeholders such as `<run>`. */
type Line =
  | { readonly accepted: unknown }
  | { readonly event: GatewayEvent }
  | { readonly aborted: unknown }
  | { readonly answer: string; readonly payload: unknown }
  | { readonly answer: string; readonly error: { readonly message: string; readonly fields: object } }

interface Play {
  readonly runId: string
  readonly sessionKey: string
  lines: Line[]
  at: number
  /** True where the agent waits for a person. */
  waits: boolean
  ended: boolean
  resolve: (payload: unknown) => void
  reject: (error: unknown) => void
}

interface Asked {
  readonly approvalId: string
  readonly toolCallId: unknown
  readonly play: Play
  decision: 'allow-once' | 'deny' | undefined
}

const hello = {
  bootId: 'recorded',
  version: '2026.9.6',
  protocol: 4,
  scopes: ['operator.read', 'operator.write', 'operator.approvals', 'operator.admin'],
  defaultAgentId: 'main',
  mainSessionKey: 'agent:main:main',
  methods: ['agent', 'agent.wait', 'sessions.abort', 'approval.get', 'approval.resolve', 'chat.history'],
}

/**
 * A Gateway made of recordings: each run that is started is told as the recorded one was, one frame in a turn of the event loop.
 *
 * Questions wait for an answer, and go on as the run did that was answered so; a run that is stopped ends as the stopped one did.
 */
export class RecordedTransport implements Required<OpenClawTransport> {
  /** What was asked of it, in order. */
  readonly requests: string[] = []
  readonly #choose: (message: string) => Recording
  readonly #plays = new Map<string, Play>()
  readonly #asked = new Map<string, Asked>()
  readonly #listeners = new Set<(event: GatewayEvent) => void>()
  readonly #changeListeners = new Set<(change: ConnectionChange) => void>()
  #isConnected = false
  #runs = 0

  /** @param choose - Says for the message of a run which recording it is. */
  constructor(choose: (message: string) => Recording) {
    this.#choose = choose
  }

  async connect(): Promise<void> {
    if (this.#isConnected) return
    this.#isConnected = true
    for (const listener of this.#changeListeners) listener({ status: 'connected', hello })
  }

  async request(method: string, params?: unknown, options: GatewayRequestOptions = {}): Promise<unknown> {
    options.signal?.throwIfAborted()
    await this.connect()
    this.requests.push(method)
    const asked: Readonly<Record<string, unknown>> = Object(params)
    await new Promise((resolve) => setImmediate(resolve))
    if (method === 'agent') return this.#start(asked, options)
    const play = this.#plays.get(String(asked['runId']))
    switch (method) {
      case 'agents.list':
        return { defaultId: 'main', agents: [{ id: 'main', name: 'Main' }] }
      case 'agent.wait':
        return this.#wait(play, Number(asked['timeoutMs']))
      case 'sessions.abort':
        return this.#abort(play)
      case 'chat.history':
        return this.#history(String(asked['sessionKey']))
      case 'audit.list':
        return { events: [] }
      case 'tasks.list':
        return { tasks: [...this.#plays.values()].map(taskOf) }
      case 'approval.get':
        return this.#approval(String(asked['id']))
      case 'exec.approval.list':
        return this.#pending()
      case 'approval.resolve':
        return this.#decide(String(asked['id']), asked['decision'] === 'deny' ? 'deny' : 'allow-once')
      default:
        return {}
    }
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
    if (this.#isConnected) listener({ status: 'connected', hello })
    return () => this.#changeListeners.delete(listener)
  }

  async close(): Promise<void> {
    this.#listeners.clear()
    this.#changeListeners.clear()
    for (const { reject } of this.#plays.values()) reject(new Error('the recording was closed'))
  }

  #start(params: Readonly<Record<string, unknown>>, { onAccepted }: GatewayRequestOptions): Promise<unknown> {
    const runId = String(params['idempotencyKey'])
    const sessionKey = String(params['sessionKey'])
    const done = Promise.withResolvers<unknown>()
    const lines = this.#read(this.#choose(String(params['message'])), runId, sessionKey)
    const play: Play = { ...done, runId, sessionKey, lines, at: 0, waits: false, ended: false }
    this.#plays.set(runId, play)
    const first = lines.find((line) => 'accepted' in line)
    onAccepted?.(first?.accepted)
    this.#turn(play)
    return done.promise
  }

  #read(name: Recording, runId: string, sessionKey: string): Line[] {
    const run = ++this.#runs
    return readFileSync(join(import.meta.dirname, '../fixtures/openclaw', `${name}.jsonl`), 'utf8')
      .replaceAll('<run>', runId)
      .replaceAll('<session>', sessionKey)
      .replaceAll('<approval>', `approval_${runId}`)
      .replaceAll(/<call (\d)>/g, (_, call: string) => `call_${run}_${call}`)
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line)
  }

  #turn(play: Play): void {
    setImmediate(() => {
      const line = play.lines[play.at]
      if (line === undefined || play.waits) return
      play.at++
      this.#tell(play, line)
      this.#turn(play)
    })
  }

  #tell(play: Play, line: Line): void {
    if ('event' in line) {
      const { phase, approvalId, toolCallId } = Object(Object(line.event.payload).data)
      if (phase === 'waiting-approval') {
        play.waits = true
        const asked = { approvalId: String(approvalId), toolCallId, play, decision: undefined }
        this.#asked.set(asked.approvalId, asked)
      }
      for (const listener of this.#listeners) listener(structuredClone(line.event))
    } else if ('answer' in line && line.answer === 'agent') {
      play.ended = true
      if ('error' in line) play.reject(new GatewayError(line.error.message, line.error.fields))
      else play.resolve(line.payload)
    }
  }

  async #wait(play: Play | undefined, timeoutMs: number): Promise<unknown> {
    const end = performance.now() + timeoutMs
    while (play !== undefined && !play.ended && performance.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 5))
    if (play?.ended !== true) return { runId: play?.runId ?? '', status: 'timeout' }
    const waited = play.lines.find((line) => 'answer' in line && line.answer === 'agent.wait')
    return waited !== undefined && 'payload' in waited
      ? waited.payload
      : { runId: play.runId, status: 'ok', endedAt: 1 }
  }

  #abort(play: Play | undefined): unknown {
    if (play === undefined || play.ended) return { ok: true, abortedRunId: null, status: 'no-active-run' }
    const rest = this.#read('cancelled', play.runId, play.sessionKey)
    const from = rest.findIndex((line) => 'event' in line && Object(line.event.payload).state === 'aborted')
    const answer = rest.find((line) => 'aborted' in line)
    play.lines = rest.slice(from)
    play.at = 0
    if (play.waits) {
      play.waits = false
      this.#turn(play)
    }
    return Object(answer?.aborted).payload
  }

  #history(sessionKey: string): unknown {
    const play = [...this.#plays.values()].find((found) => found.sessionKey === sessionKey)
    if (play !== undefined && !play.ended) {
      const sessionInfo = { hasActiveRun: true, activeRunIds: [play.runId] }
      return { sessionKey, messages: [], sessionInfo, inFlightRun: { runId: play.runId } }
    }
    const told = play?.lines.find((line) => 'answer' in line && line.answer === 'chat.history')
    return told !== undefined && 'payload' in told ? told.payload : { sessionKey, messages: [] }
  }

  #approval(approvalId: string): unknown {
    const asked = this.#asked.get(approvalId)
    if (asked === undefined) throw new GatewayError('unknown or expired approval id', { status: 400 })
    const status = asked.decision === undefined ? 'pending' : asked.decision === 'deny' ? 'denied' : 'allowed'
    const presentation = {
      kind: 'exec',
      commandText: 'echo crabs may run',
      host: 'gateway',
      agentId: 'main',
      allowedDecisions: ['allow-once', 'deny'],
    }
    const decided =
      asked.decision === undefined ? {} : { resolvedAtMs: 2, reason: 'user', decision: asked.decision }
    return {
      approval: { id: approvalId, status, presentation, createdAtMs: 1, expiresAtMs: 9e15, ...decided },
    }
  }

  // Where a question was asked stands in the list only, as on the real Gateway.
  #pending(): unknown {
    return [...this.#asked.values()].flatMap(({ approvalId, toolCallId, play, decision }) =>
      decision === undefined
        ? [{ id: approvalId, request: { runId: play.runId, sessionKey: play.sessionKey, toolCallId } }]
        : [],
    )
  }

  #decide(approvalId: string, decision: 'allow-once' | 'deny'): unknown {
    const asked = this.#asked.get(approvalId)
    if (asked?.decision !== undefined) {
      const { approval } = Object(this.#approval(approvalId))
      return { applied: false, approval }
    }
    const answered = Object(this.#approval(approvalId))
    if (asked === undefined) return answered
    asked.decision = decision
    const { play } = asked
    const id = play.lines.map((line) => /call_(\d+)_1/.exec(JSON.stringify(line))?.[1]).find(Boolean)
    const rest = this.#read(decision === 'deny' ? 'denied' : 'approved', play.runId, play.sessionKey)
    const mine = rest.map(
      (line) => JSON.parse(JSON.stringify(line).replaceAll(/call_\d+_1/g, `call_${id}_1`)) as Line,
    )
    const from = mine.findIndex(
      (line) => 'event' in line && Object(Object(line.event.payload).data).phase === 'approval-resolved',
    )
    play.lines = mine.slice(from)
    play.at = 0
    play.waits = false
    this.#turn(play)
    return { applied: true, ...Object(this.#approval(approvalId)) }
  }
}

function taskOf({ runId, sessionKey, ended }: Play): object {
  return {
    id: runId,
    taskId: runId,
    runId,
    sessionKey,
    agentId: 'main',
    status: ended ? 'succeeded' : 'running',
  }
}
