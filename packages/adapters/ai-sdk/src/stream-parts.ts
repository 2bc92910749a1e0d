import type { LanguageModelV4StreamPart, SharedV4Warning } from '@ai-sdk/provider'
import type { ClawEvent, Gateway, RunResult, Usage } from '@pincer/protocol'

import { convertUsage } from './convert-usage.ts'
import type { ApprovalMode } from './provider-options.ts'
import { RunAccount } from './run-account.ts'
import { toArtifactPart } from './stream-artifacts.ts'
import type { RunEvents } from './stream-events.ts'
import { toRunEnd } from './stream-finish.ts'
import { JsonText } from './stream-json.ts'
import { MetadataMaker, type PincerMetadata, toQuestion } from './stream-metadata.ts'
import { StepQuestions } from './stream-questions.ts'
import { TextParts } from './stream-text.ts'
import { type EarlierCall, ToolParts } from './stream-tools.ts'

type Part = LanguageModelV4StreamPart

/** A question to a person that was answered before this step began. */
export interface SettledApproval {
  readonly approvalId: string
  readonly isApproved: boolean
  readonly reason: string | undefined
}

/** What an earlier step has told of the run that this step goes on with. */
interface Earlier {
  readonly calls: readonly EarlierCall[]
  readonly texts: readonly string[]
  readonly settled: readonly SettledApproval[]
}

/** How the parts of one step are made. */
export interface RunPartsOptions {
  readonly gateway: Gateway
  readonly events: RunEvents
  readonly agent: string
  readonly sessionKey: string | undefined
  readonly approvals: ApprovalMode
  readonly maxFileBytes: number
  readonly warnings: readonly SharedV4Warning[]
  /** The only answer that is wanted, where it is JSON. */
  readonly json: 'object' | 'any' | undefined
  /** False where the caller wants to hear of no tools. */
  readonly tellsTools: boolean
  readonly includeRawChunks: boolean
  readonly earlier: Earlier | undefined
  /** Whether calls that an earlier step has told are told again before their results. */
  readonly retellsCalls: boolean
}

/** Turns the events of a run into the parts of a stream, as fast as they are taken and no faster. */
export class RunParts {
  readonly #options: RunPartsOptions
  readonly #account = new RunAccount()
  readonly #metadata: MetadataMaker
  readonly #text: TextParts
  readonly #tools: ToolParts
  readonly #questions: StepQuestions
  #stage: 'start' | 'run' | 'end' = 'start'
  #last: Pick<ClawEvent, 'seq' | 'ts'> = { ts: Date.now() }
  #failure: { readonly error: unknown } | undefined
  #result: RunResult | undefined

  constructor(options: RunPartsOptions) {
    const { gateway, events, sessionKey, approvals, json, earlier, retellsCalls } = options
    this.#options = options
    this.#metadata = new MetadataMaker(events.run.runId, sessionKey)
    this.#text = new TextParts(
      this.#metadata,
      json === undefined ? undefined : new JsonText(json === 'object'),
    )
    this.#tools = new ToolParts(this.#metadata, earlier?.calls, retellsCalls)
    const settled = earlier?.settled.map(({ approvalId }) => approvalId)
    this.#questions = new StepQuestions({ gateway, events, approvals, settled })
  }

  /** True once the last part was told. */
  get isOver(): boolean {
    return this.#stage === 'end'
  }

  /** What went wrong, once an `error` part was told. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure
  }

  /** What the gateway says that the run came to; absent where it goes on. */
  get result(): RunResult | undefined {
    return this.#result
  }

  /** Ids of text blocks that were taken back. */
  get replaced(): ReadonlySet<string> {
    return this.#text.replaced
  }

  /**
   * The next parts, at least one; `undefined` after the last.
   *
   * @throws the reason for which the run was stopped
   */
  async next(): Promise<readonly Part[] | undefined> {
    if (this.#stage === 'end') return undefined
    if (this.#stage === 'start') return this.#begin()
    const { events } = this.#options
    const parts: Part[] = []
    try {
      while (parts.length === 0) {
        const event = await events.next(this.#questions.waitMs)
        if (event === 'quiet') this.#pause(parts)
        else if (event === 'over') await this.#finish(parts)
        else await this.#take(parts, event)
      }
    } catch (error) {
      events.throwIfStopped()
      this.#fail(parts, error)
    }
    return parts
  }

  #begin(): readonly Part[] {
    const { warnings, agent, events, earlier } = this.#options
    this.#stage = 'run'
    const parts: Part[] = [
      { type: 'stream-start', warnings: [...warnings] },
      { type: 'response-metadata', id: events.run.runId, timestamp: new Date(), modelId: agent },
    ]
    for (const { approvalId, isApproved, reason } of earlier?.settled ?? [])
      this.#tools.settle(parts, approvalId, isApproved, reason)
    return parts
  }

  async #take(parts: Part[], event: ClawEvent): Promise<void> {
    const { includeRawChunks, tellsTools } = this.#options
    this.#last = event
    this.#account.take(event)
    if (includeRawChunks) parts.push({ type: 'raw', rawValue: event })
    switch (event.type) {
      case 'assistant.delta':
        return this.#text.say(parts, event.data, event)
      case 'assistant.message':
        return this.#text.finish(parts, event.data, event)
      case 'thinking.delta':
        return this.#text.think(parts, event.data, event)
      case 'tool.call.started':
        this.#text.closeAll(parts)
        return tellsTools ? this.#tools.start(parts, event) : undefined
      case 'tool.call.delta':
      case 'tool.call.completed':
      case 'tool.call.failed':
        return tellsTools ? this.#tools.result(parts, event) : undefined
      case 'approval.requested':
        return tellsTools ? this.#ask(parts, event) : undefined
      case 'approval.resolved': {
        const { approvalId, status, reason } = event.data
        this.#questions.resolve(approvalId)
        return this.#tools.settle(parts, approvalId, status === 'approved', reason)
      }
      case 'artifact.created': {
        const { gateway, maxFileBytes, events } = this.#options
        this.#text.closeAll(parts)
        const options = { gateway, maxFileBytes, signal: events.signal }
        parts.push(await toArtifactPart(event, this.#metadata, options))
        return
      }
      case 'question.requested': {
        this.#text.closeAll(parts)
        const question = toQuestion(event.data)
        parts.push({
          type: 'custom',
          kind: 'pincer.question',
          providerMetadata: this.#metadata.of(event, { question }),
        })
      }
    }
  }

  async #ask(parts: Part[], event: Extract<ClawEvent, { type: 'approval.requested' }>): Promise<void> {
    if (!(await this.#questions.ask(event.data))) return
    this.#text.closeAll(parts)
    this.#tools.ask(parts, event)
  }

  #pause(parts: Part[]): void {
    const approvalId = this.#questions.open
    this.#text.closeAll(parts)
    this.#end(
      parts,
      { unified: 'tool-calls', raw: 'approval' },
      this.#account.usage,
      approvalId === undefined ? {} : { approvalId },
    )
  }

  async #finish(parts: Part[]): Promise<void> {
    const { events, agent, earlier } = this.#options
    const result = await events.result()
    const { finishReason, reason, error } = toRunEnd(result, agent, this.#account.refusal)
    const isCompleted = result.status === 'completed'
    // Before a pause the last words may have been told already.
    const isNew = result.text !== undefined && earlier?.texts.includes(result.text) !== true
    this.#text.end(parts, isCompleted && isNew ? result.text : undefined, this.#last)
    if (isCompleted) this.#tools.request(parts, result.toolCalls ?? [])
    if (error !== undefined) {
      this.#failure = { error }
      parts.push({ type: 'error', error })
    }
    this.#result = result
    // What was used before a pause was told then.
    const usage = earlier === undefined ? (result.usage ?? this.#account.usage) : this.#account.usage
    this.#end(parts, finishReason, usage, reason === undefined ? {} : { reason })
  }

  #fail(parts: Part[], error: unknown): void {
    const { gatewayCode } = Object(error)
    // What nobody can read must not go on for nobody.
    void this.#options.events.run.cancel('its events were lost').catch(() => {})
    this.#failure = { error }
    this.#text.closeAll(parts)
    parts.push({ type: 'error', error })
    this.#end(
      parts,
      { unified: 'error', raw: typeof gatewayCode === 'string' ? gatewayCode : 'error' },
      this.#account.usage,
      {},
    )
  }

  #end(
    parts: Part[],
    finishReason: Extract<Part, { type: 'finish' }>['finishReason'],
    usage: Usage | undefined,
    more: Partial<PincerMetadata>,
  ): void {
    const { seq } = this.#last
    const costUsd = usage?.costUsd
    const metadata = { ...(seq !== undefined && { seq }), ...(costUsd !== undefined && { costUsd }), ...more }
    parts.push({
      type: 'finish',
      finishReason,
      usage: convertUsage(usage),
      providerMetadata: this.#metadata.with(metadata),
    })
    this.#stage = 'end'
    this.#options.events.leave()
  }
}
