import type {
  AgentRunRequest,
  Approval,
  ApprovalRequest,
  ClawEvent,
  ClawEventData,
  ClawEventType,
  GatewayRun,
  RequestOptions,
  RunResult,
} from '@pincer/protocol'
import { GatewayError, isTerminalEvent } from '@pincer/protocol'

/** One event that a script tells: its type, its data and, where it is about an action, the action's id. */
export type Told = {
  [Type in ClawEventType]: readonly [type: Type, data: ClawEventData[Type], actionId?: string]
}[ClawEventType]

/** Where a script plays. */
export interface Stage {
  readonly request: AgentRunRequest
  readonly runId: string
  /** Aborted when the run is cancelled. */
  readonly signal: AbortSignal
  /** Tells of a question, waits for its answer and tells of that too: `const answer = yield* stage.ask({ … })`. */
  ask(request: ApprovalRequest): AsyncGenerator<Told, Approval, undefined>
  /** Waits until the run is cancelled. */
  forever(): Promise<never>
}

/** What an agent does in a run, its end included; one that throws is a gateway that is lost. */
export type Script = (stage: Stage) => AsyncIterable<Told> | Iterable<Told>

/** What befalls one reading of a run's events, after so many of them. */
export interface ReadingFault {
  readonly after: number
  /** An error that is thrown, an end without a word, or silence until the reader leaves. */
  readonly outcome: Error | 'end' | 'silence'
}

/** What a scripted run is made of. */
export interface ScriptedRunOptions {
  readonly runId: string
  readonly sessionKey: string
  readonly request: AgentRunRequest
  readonly script: Script
  readonly ask: (runId: string, request: ApprovalRequest, signal: AbortSignal) => Promise<Approval>
  readonly openApproval: (runId: string, request: ApprovalRequest) => void
  /** Asked at the start of each reading, which are counted from 1. */
  readonly fault: (reading: number) => ReadingFault | undefined
  /** What cancelling comes to: done, an error, or silence. */
  readonly onCancel: () => 'done' | Error | 'silence'
  /** What asking for the outcome fails with, where it does. */
  readonly onWait: () => Error | undefined
}

/** A run that goes on by itself, whoever reads it; every reading begins at its start. */
export class ScriptedRun implements GatewayRun {
  readonly runId: string
  readonly sessionKey: string
  readonly request: AgentRunRequest
  /** Why it was cancelled, each time that it was. */
  readonly cancelReasons: (string | undefined)[] = []
  /** How many readings were begun. */
  readings = 0
  /** How many readings have not been left. */
  openReadings = 0
  /** How many events readers have taken. */
  taken = 0
  readonly #options: ScriptedRunOptions
  readonly #stop = new AbortController()
  readonly #log: ClawEvent[] = []
  readonly #waiting = new Set<() => void>()
  #failure: { readonly error: unknown } | undefined
  #isOver = false

  constructor(options: ScriptedRunOptions) {
    this.#options = options
    this.runId = options.runId
    this.sessionKey = options.sessionKey
    this.request = options.request
    const { signal } = options.request
    const abort = (): void => void this.cancel('the caller gave the run up').catch(() => {})
    signal?.addEventListener('abort', abort, { once: true })
    void this.#play().finally(() => signal?.removeEventListener('abort', abort))
  }

  /** Every event that was told so far. */
  get told(): readonly ClawEvent[] {
    return this.#log
  }

  get status(): RunResult['status'] {
    return this.#result().status
  }

  async *events({ signal }: RequestOptions = {}): AsyncGenerator<ClawEvent> {
    const fault = this.#options.fault(++this.readings)
    this.openReadings++
    try {
      for (let at = 0; ; at++) {
        signal?.throwIfAborted()
        if (fault?.after === at) {
          if (fault.outcome === 'end') return
          if (fault.outcome !== 'silence') throw fault.outcome
          await this.#until(() => false, signal)
        }
        await this.#until(() => at < this.#log.length || this.#isOver, signal)
        const event = this.#log[at]
        if (event === undefined) break
        this.taken++
        yield structuredClone(event)
      }
      if (this.#failure !== undefined) throw this.#failure.error
    } finally {
      this.openReadings--
    }
  }

  async wait({
    timeoutMs,
    signal,
  }: { readonly timeoutMs?: number } & RequestOptions = {}): Promise<RunResult> {
    const refusal = this.#options.onWait()
    if (refusal !== undefined) throw refusal
    if (timeoutMs !== 0) await this.#until(() => this.#isOver, signal, timeoutMs)
    if (this.#failure !== undefined) throw this.#failure.error
    return this.#result()
  }

  async cancel(reason?: string): Promise<void> {
    this.cancelReasons.push(reason)
    const outcome = this.#options.onCancel()
    if (outcome === 'silence') return new Promise(() => {})
    if (outcome !== 'done') throw outcome
    if (this.#isOver) return
    this.#tell(['run.cancelled', reason === undefined ? {} : { reason }])
    this.#end()
    this.#stop.abort(new GatewayError('the run was cancelled', { gatewayCode: 'cancelled' }))
  }

  async #play(): Promise<void> {
    const { runId, request, script, ask, openApproval } = this.#options
    const { signal } = this.#stop
    const stage: Stage = {
      request,
      runId,
      signal,
      async *ask(question) {
        openApproval(runId, question)
        yield ['approval.requested', question]
        const answer = await ask(runId, question, signal)
        if (answer.status === 'pending') throw new Error('the question was left open')
        yield [
          'approval.resolved',
          {
            approvalId: question.approvalId,
            status: answer.status,
            ...(answer.decisionReason === undefined ? {} : { reason: answer.decisionReason }),
          },
        ]
        return answer
      },
      forever: () =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    }
    try {
      // After those who started it have what they need to read it.
      await Promise.resolve()
      for await (const told of script(stage)) {
        if (this.#isOver) return
        this.#tell(told)
      }
    } catch (error) {
      if (!signal.aborted) this.#failure = { error }
    }
    this.#end()
  }

  #tell([type, data, actionId]: Told): void {
    const { runId, sessionKey } = this
    const seq = this.#log.length + 1
    const event = { version: 1, id: `${runId}.${seq}`, ts: Date.now(), type, runId, sessionKey, seq, data }
    // `type` and `data` belong together by the pair's type, which the union cannot see.
    this.#log.push({ ...event, ...(actionId === undefined ? {} : { actionId }) } as unknown as ClawEvent)
    this.#wake()
  }

  #end(): void {
    this.#isOver = true
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
  }

  #until(isThere: () => boolean, signal?: AbortSignal, timeoutMs?: number): Promise<void> {
    if (isThere()) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer)
        this.#waiting.delete(look)
        signal?.removeEventListener('abort', stop)
      }
      const look = (): void => {
        if (!isThere()) return
        leave()
        resolve()
      }
      const stop = (): void => {
        leave()
        reject(signal?.reason)
      }
      const timer = timeoutMs === undefined ? undefined : setTimeout(() => (leave(), resolve()), timeoutMs)
      this.#waiting.add(look)
      signal?.addEventListener('abort', stop, { once: true })
    })
  }

  #result(): RunResult {
    const { runId, sessionKey } = this
    const text = this.#log.findLast((event) => event.type === 'assistant.message')?.data.text
    const end = this.#log.find(isTerminalEvent)
    const usage = this.#log.findLast((event) => event.type === 'usage.reported')?.data
    const known = { runId, sessionKey, ...(text === undefined ? {} : { text }), ...(usage && { usage }) }
    switch (end?.type) {
      case undefined:
        return { runId, sessionKey, status: 'accepted' }
      case 'run.completed': {
        const { stopReason } = end.data
        return {
          ...known,
          status: 'completed',
          ...(stopReason === undefined ? {} : { stopReason }),
          ...this.#calls(),
        }
      }
      case 'run.failed':
        return { ...known, status: 'failed', error: end.data.error }
      case 'run.cancelled':
        return { ...known, status: 'cancelled' }
      case 'run.timed_out':
        return { ...known, status: 'timed_out' }
    }
  }

  // Calls of the caller's own tools are told at the end only: the events of a run speak of the gateway's own tools.
  #calls(): Pick<RunResult, 'toolCalls'> {
    const end = this.#log.find((event) => event.type === 'run.completed')
    const output = Object(end?.data.output)
    return Array.isArray(output.toolCalls) ? { toolCalls: output.toolCalls } : {}
  }
}
