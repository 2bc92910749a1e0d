import type {
  ApprovalRequest,
  ApprovalResolvedData,
  JsonValue,
  ToolCallCompletedData,
  ToolCallDeltaData,
  ToolCallFailedData,
  ToolCallRequest,
  ToolCallStartedData,
} from '@pincer/protocol'
import { isToolUIPart, type UIMessage } from 'ai'

import type { UIStepWriter } from './ui-step-writer.ts'
import { ToolProgress } from './ui-tool-progress.ts'

interface Call {
  readonly toolCallId: string
  readonly name: string
  readonly input?: JsonValue | undefined
  /** Number of the step that shows it. */
  readonly step: number
  /** The question that its part shows last. */
  approvalId?: string
  /** What the part shows as its answer. */
  isApproved?: boolean
  progress: ToolProgress
}

/** What {@link UITools} writes to. */
export interface UIToolOptions {
  readonly writer: UIStepWriter
  /** What each call tells of its run. */
  readonly metadata: () => Readonly<Record<string, JsonValue>>
}

const longestError = 8_000
const notEnded = 'The run ended before the tool call did.'

/** Writes the tool calls of a run and the questions about them, in an order that a reader can follow whatever order they come in. */
export class UITools {
  readonly #options: UIToolOptions
  readonly #calls = new Map<string, Call>()
  /** Those that have not ended. */
  readonly #unended = new Set<Call>()
  /** Those whose progress is not shown to its end. */
  readonly #behind = new Set<Call>()
  readonly #callOfApproval = new Map<string, Call>()
  readonly #asked = new Set<string>()
  /** Questions about calls that have not begun. */
  readonly #early = new Map<string, ApprovalRequest>()

  constructor(options: UIToolOptions) {
    this.#options = options
  }

  /** True where a person is asked and nothing else of the step is at work. */
  get isWaiting(): boolean {
    const open = [...this.#unended]
    const isAsked = this.#early.size > 0 || open.some(isUnanswered)
    return isAsked && open.every(isUnanswered)
  }

  /** The questions that nobody has answered. */
  get unanswered(): readonly string[] {
    const asked = [...this.#unended].filter(isUnanswered)
    const early = [...this.#early.values()].map(({ approvalId }) => approvalId)
    return [...asked.flatMap(({ approvalId }) => approvalId ?? []), ...early]
  }

  /** Takes over what an earlier answer showed, with the decisions that the reader has made since. */
  continueEarlier({ parts }: UIMessage): void {
    for (const part of parts.filter(isToolUIPart)) {
      const name = 'toolName' in part ? part.toolName : part.type.slice('tool-'.length)
      const { id: approvalId, approved } = part.approval ?? {}
      const call: Call = {
        toolCallId: part.toolCallId,
        name,
        step: -1,
        progress: new ToolProgress(),
        ...(approvalId !== undefined && { approvalId }),
        ...(approved !== undefined && { isApproved: approved }),
      }
      const hasEnded =
        part.state.startsWith('output-') && !('preliminary' in part && part.preliminary === true)
      this.#calls.set(call.toolCallId, call)
      if (!hasEnded) this.#unended.add(call)
      if (approvalId === undefined) continue
      this.#asked.add(approvalId)
      this.#callOfApproval.set(approvalId, call)
    }
  }

  start({ toolCallId, name, input }: ToolCallStartedData): void {
    if (!this.#calls.has(toolCallId)) this.#open(toolCallId, name, input)
  }

  progress(data: ToolCallDeltaData): void {
    const call = this.#calls.get(data.toolCallId)
    const isEmpty = data.delta === undefined && data.output === undefined
    if (call === undefined || this.#hasEnded(call) || isEmpty) return
    // What is at work was allowed to.
    this.#answer(call, true)
    if (call.progress.take(data)) this.#show(call)
    else this.#behind.add(call)
  }

  /** True where progress has come that no part shows yet. */
  get isBehind(): boolean {
    return this.#behind.size > 0
  }

  /** Shows all progress that has come. */
  catchUp(): void {
    for (const call of this.#behind) this.#show(call)
  }

  complete({ toolCallId, name, outcome, output, reason }: ToolCallCompletedData): void {
    const call = this.#calls.get(toolCallId) ?? this.#open(toolCallId, name ?? 'tool', undefined)
    if (this.#hasEnded(call)) return
    if (outcome === 'cancelled' || outcome === 'unread' || outcome === 'abandoned')
      this.#fail(call, `The tool call was ${outcome}${reason === undefined ? '.' : `: ${reason}`}`)
    else this.#end(call, output ?? call.progress.told ?? null)
  }

  fail({ toolCallId, name, outcome, error }: ToolCallFailedData): void {
    const call = this.#calls.get(toolCallId) ?? this.#open(toolCallId, name ?? 'tool', undefined)
    if (this.#hasEnded(call)) return
    if (outcome !== 'error' && call.approvalId !== undefined && call.isApproved !== true)
      this.#deny(call, outcome === 'denied' ? undefined : error.message)
    else this.#fail(call, error.message)
  }

  ask(request: ApprovalRequest): void {
    const { approvalId, toolCallId, name, input } = request
    if (this.#asked.has(approvalId)) return
    this.#asked.add(approvalId)
    const call = this.#calls.get(toolCallId ?? approvalId)
    // A part that has shown output must show its input again before it can show a question.
    const isShown = call?.progress.isShown === true && !this.#hasEnded(call)
    if (isShown && call.step === this.#options.writer.number) {
      this.#options.writer.write(this.#inputOf(call.toolCallId, call.name, input ?? call.input ?? {}))
      this.#behind.delete(call)
      call.progress = new ToolProgress()
    }
    if (call?.progress.isShown === false) this.#ask(call, request)
    else if (toolCallId === undefined || isShown)
      // A question about something that is no tool call, such as a model, is shown as one.
      this.#ask(this.#calls.get(approvalId) ?? this.#open(approvalId, name, input), request)
    else if (call === undefined) this.#early.set(toolCallId, request)
  }

  resolve({ approvalId, status, reason, input }: ApprovalResolvedData): void {
    const isApproved = status === 'approved'
    for (const [toolCallId, request] of this.#early)
      if (request.approvalId === approvalId) this.#open(toolCallId, request.name, request.input)
    const call = this.#callOfApproval.get(approvalId)
    if (call === undefined || this.#hasEnded(call) || call.approvalId !== approvalId) return
    if (isApproved && input !== undefined && call.step === this.#options.writer.number)
      this.#options.writer.write(this.#inputOf(call.toolCallId, call.name, input))
    this.#answer(call, isApproved, reason ?? (isApproved || status === 'denied' ? undefined : status))
    // Nothing else tells how it ended.
    if (call.toolCallId !== approvalId) return
    if (isApproved) this.#end(call, null)
    else this.#deny(call, undefined)
  }

  /** Shows calls of the caller's own tools, which the caller is to make. */
  handOver(calls: readonly ToolCallRequest[]): void {
    for (const { toolCallId, name, input } of calls) {
      if (this.#calls.has(toolCallId)) continue
      const { writer } = this.#options
      writer.write({ type: 'tool-input-start', toolCallId, toolName: name, dynamic: true })
      writer.write({ type: 'tool-input-available', toolCallId, toolName: name, input, dynamic: true })
    }
  }

  /** Shows questions that came without their call. */
  showEarly(): void {
    for (const [toolCallId, { name, input }] of this.#early) this.#open(toolCallId, name, input)
  }

  /** Ends what is open; where the run itself goes on, its questions stay. */
  close(hasRunEnded: boolean): void {
    this.showEarly()
    for (const call of this.#unended) if (hasRunEnded || !isUnanswered(call)) this.#fail(call, notEnded)
  }

  #hasEnded(call: Call): boolean {
    return !this.#unended.has(call)
  }

  #close(call: Call): void {
    this.#unended.delete(call)
    this.#behind.delete(call)
  }

  #show(call: Call): void {
    this.#behind.delete(call)
    call.progress.show()
    this.#options.writer.write({
      type: 'tool-output-available',
      toolCallId: call.toolCallId,
      output: call.progress.told,
      preliminary: true,
      ...place,
    })
  }

  #open(toolCallId: string, toolName: string, input: JsonValue | undefined): Call {
    const { writer } = this.#options
    const available = this.#inputOf(toolCallId, toolName, input ?? {})
    const { input: _, ...start } = available
    writer.write({ ...start, type: 'tool-input-start' })
    writer.write(available)
    const call: Call = {
      toolCallId,
      name: toolName,
      input,
      step: writer.number,
      progress: new ToolProgress(),
    }
    this.#calls.set(toolCallId, call)
    this.#unended.add(call)
    const request = this.#early.get(toolCallId)
    this.#early.delete(toolCallId)
    if (request !== undefined) this.#ask(call, request)
    return call
  }

  #inputOf(toolCallId: string, toolName: string, input: JsonValue) {
    const pincer = { ...this.#options.metadata() }
    return {
      type: 'tool-input-available' as const,
      toolCallId,
      toolName,
      input,
      dynamic: true,
      providerMetadata: { pincer },
      ...place,
    }
  }

  #ask(call: Call, { approvalId, reason }: ApprovalRequest): void {
    if (this.#hasEnded(call)) return
    call.approvalId = approvalId
    delete call.isApproved
    this.#callOfApproval.set(approvalId, call)
    this.#options.writer.write({
      type: 'tool-approval-request',
      approvalId,
      toolCallId: call.toolCallId,
      ...(reason !== undefined && { reason }),
    })
  }

  #answer(call: Call, approved: boolean, reason?: string): void {
    const { approvalId, isApproved } = call
    if (approvalId === undefined || isApproved === approved) return
    call.isApproved = approved
    this.#options.writer.write({
      type: 'tool-approval-response',
      approvalId,
      approved,
      ...(reason !== undefined && { reason }),
      ...place,
    })
  }

  #end(call: Call, output: JsonValue): void {
    this.#answer(call, true)
    this.#close(call)
    const { toolCallId } = call
    this.#options.writer.write({ type: 'tool-output-available', toolCallId, output, ...place })
  }

  #deny(call: Call, reason: string | undefined): void {
    this.#answer(call, false, reason)
    this.#close(call)
    this.#options.writer.write({ type: 'tool-output-denied', toolCallId: call.toolCallId })
  }

  #fail(call: Call, errorText: string): void {
    // A part that shows a question nobody has agreed to cannot show an error.
    if (isUnanswered(call) || call.isApproved === false) return this.#deny(call, errorText)
    this.#close(call)
    const { toolCallId } = call
    this.#options.writer.write({
      type: 'tool-output-error',
      toolCallId,
      errorText: errorText.slice(0, longestError),
      ...place,
    })
  }
}

// Every tool of a gateway runs there, and no list of tools on this side knows it.
const place = { providerExecuted: true } as const

function isUnanswered({ approvalId, isApproved }: Call): boolean {
  return approvalId !== undefined && isApproved === undefined
}
