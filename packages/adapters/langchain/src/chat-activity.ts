import {
  ApprovalDeniedError,
  type ApprovalResolvedData,
  addUsage,
  type ClawEvent,
  type ClawEventOf,
  emptyUsage,
  GuardBlockedError,
  type GuardDecidedData,
  type JsonValue,
  type Usage,
} from '@pincer/protocol'

/** A call of one of the gateway's own tools, as the message tells of it. */
export interface ServerToolCall {
  readonly id: string
  readonly name: string
  readonly input?: JsonValue
  /** `running` where the run ended first. */
  outcome: string
  error?: string
}

// More than this a message does not tell; the record of the run does.
const mostCalls = 100

/** The custom event that tells of what happens in a run besides words; `undefined` for what is told otherwise. */
export function customEventOf({ type }: ClawEvent): string | undefined {
  if (type.startsWith('tool.call.')) return 'claw.tool_call'
  if (type.startsWith('approval.')) return 'claw.approval'
  return type.startsWith('question.') ? 'claw.question' : undefined
}

/** Gathers what a run did besides speaking: the gateway's own tools, usage, and what stopped a model call. */
export class ChatActivity {
  readonly #calls = new Map<string, ServerToolCall>()
  #usage: Usage | undefined
  #decision: GuardDecidedData | undefined
  #failure: ClawEventOf<'model.call.failed'>['data'] | undefined
  #approval: ApprovalResolvedData | undefined

  take(event: ClawEvent): void {
    switch (event.type) {
      case 'tool.call.started': {
        const { toolCallId: id, name, input } = event.data
        if (this.#calls.size < mostCalls)
          this.#calls.set(id, { id, name, ...(input !== undefined && { input }), outcome: 'running' })
        break
      }
      case 'tool.call.completed':
      case 'tool.call.failed': {
        const call = this.#calls.get(event.data.toolCallId)
        if (call === undefined) break
        call.outcome = event.data.outcome
        if (event.type === 'tool.call.failed') call.error = event.data.error.message
        break
      }
      case 'usage.reported':
        this.#usage = addUsage(this.#usage ?? emptyUsage, event.data)
        break
      case 'guard.decided':
        this.#decision = event.data
        break
      case 'approval.resolved':
        this.#approval = event.data
        break
      case 'model.call.failed':
        this.#failure = event.data
        break
    }
  }

  /** The calls of the gateway's own tools, the first hundred. */
  get toolCalls(): readonly ServerToolCall[] {
    return [...this.#calls.values()]
  }

  /** The sum over the model calls so far. */
  get usage(): Usage | undefined {
    return this.#usage
  }

  /** What the guard or a person refused, where a model call failed by that. */
  get refusal(): GuardBlockedError | ApprovalDeniedError | undefined {
    const { outcome, error } = this.#failure ?? {}
    if (error === undefined) return undefined
    const { name = 'model', reason = error.message, policyId } = this.#decision ?? {}
    if (outcome === 'blocked') return new GuardBlockedError(name, reason, policyId)
    if (outcome !== 'denied') return undefined
    return new ApprovalDeniedError(name, this.#approval?.approvalId ?? '', this.#approval?.reason)
  }
}
