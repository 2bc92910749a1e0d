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

import { type UIToolCall, UIToolPart, type UIToolPlace } from './ui-tool-part.ts'

/** What is told of a call that its run has left without a result. */
export const notEnded = 'The run ended before the tool call did.'

/** Writes the tool calls of a run and the questions about them, in an order that a reader can follow whatever order they come in. */
export class UITools {
  readonly #place: UIToolPlace
  readonly #parts = new Map<string, UIToolPart>()
  /** Those that have not ended. */
  readonly #unended = new Set<UIToolPart>()
  /** Those whose progress is not shown to its end. */
  readonly #behind = new Set<UIToolPart>()
  readonly #partOfApproval = new Map<string, UIToolPart>()
  readonly #asked = new Set<string>()
  /** Questions about calls that have not begun. */
  readonly #early = new Map<string, ApprovalRequest>()

  constructor(place: UIToolPlace) {
    this.#place = place
  }

  /** True where a person is asked and nothing else of the step is at work. */
  get isWaiting(): boolean {
    let isAsked = this.#early.size > 0
    for (const { isUnanswered } of this.#unended) {
      if (!isUnanswered) return false
      isAsked = true
    }
    return isAsked
  }

  /** The questions that nobody has answered. */
  get unanswered(): readonly string[] {
    const asked = [...this.#unended].filter(({ isUnanswered }) => isUnanswered)
    const early = [...this.#early.values()].map(({ approvalId }) => approvalId)
    return [...asked.flatMap(({ approvalId }) => approvalId ?? []), ...early]
  }

  /** True where progress has come that no part shows yet. */
  get isBehind(): boolean {
    return this.#behind.size > 0
  }

  /** Takes over what an earlier answer showed, with the decisions that the reader has made since. */
  continueEarlier({ parts }: UIMessage): void {
    for (const part of parts.filter(isToolUIPart)) {
      const { id: approvalId, approved: isApproved } = part.approval ?? {}
      const isProgress = 'preliminary' in part && part.preliminary === true
      const known = this.#add({
        toolCallId: part.toolCallId,
        name: 'toolName' in part ? part.toolName : part.type.slice('tool-'.length),
        approvalId,
        isApproved,
        hasEnded: part.state.startsWith('output-') && !isProgress,
      })
      if (approvalId === undefined) continue
      this.#asked.add(approvalId)
      this.#partOfApproval.set(approvalId, known)
    }
  }

  start({ toolCallId, name, input }: ToolCallStartedData): void {
    if (!this.#parts.has(toolCallId)) this.#open(toolCallId, name, input)
  }

  progress(data: ToolCallDeltaData): void {
    const part = this.#parts.get(data.toolCallId)
    const isEmpty = data.delta === undefined && data.output === undefined
    if (part === undefined || part.hasEnded || isEmpty) return
    if (part.progress(data)) this.#behind.delete(part)
    else this.#behind.add(part)
  }

  /** Shows all progress that has come. */
  catchUp(): void {
    for (const part of this.#behind) part.showProgress()
    this.#behind.clear()
  }

  complete({ toolCallId, name, outcome, output, reason }: ToolCallCompletedData): void {
    const part = this.#parts.get(toolCallId) ?? this.#open(toolCallId, name ?? 'tool', undefined)
    if (part.hasEnded) return
    if (outcome === 'cancelled' || outcome === 'unread' || outcome === 'abandoned')
      part.fail(`The tool call was ${outcome}${reason === undefined ? '.' : `: ${reason}`}`)
    else part.end(output)
    this.#forget(part)
  }

  fail({ toolCallId, name, outcome, error }: ToolCallFailedData): void {
    const part = this.#parts.get(toolCallId) ?? this.#open(toolCallId, name ?? 'tool', undefined)
    if (part.hasEnded) return
    if (outcome === 'denied' && part.isHeld) part.deny(undefined)
    else part.fail(error.message)
    this.#forget(part)
  }

  ask(request: ApprovalRequest): void {
    const { approvalId, toolCallId, name, input } = request
    if (this.#asked.has(approvalId)) return
    this.#asked.add(approvalId)
    const part = this.#parts.get(toolCallId ?? approvalId)
    // A part that has shown output must show its input again before it can show a question.
    const hadProgress = part?.hasProgress === true && !part.hasEnded
    if (hadProgress) {
      part.reopen(input)
      if (!part.hasProgress) this.#behind.delete(part)
    }
    if (part?.hasProgress === false) this.#ask(part, request)
    else if (toolCallId === undefined || hadProgress)
      // A question about something that is no tool call, such as a model, is shown as one.
      this.#ask(this.#parts.get(approvalId) ?? this.#open(approvalId, name, input), request)
    else if (part === undefined) this.#early.set(toolCallId, request)
  }

  resolve({ approvalId, status, reason, input }: ApprovalResolvedData): void {
    const isApproved = status === 'approved'
    for (const [toolCallId, request] of this.#early)
      if (request.approvalId === approvalId) this.#open(toolCallId, request.name, request.input)
    const part = this.#partOfApproval.get(approvalId)
    if (part === undefined || part.hasEnded || part.approvalId !== approvalId) return
    if (isApproved && input !== undefined) part.reopen(input)
    part.answer(isApproved, reason ?? (isApproved || status === 'denied' ? undefined : status))
    // Nothing else tells how it ended.
    if (part.toolCallId !== approvalId) return
    if (isApproved) part.end(null)
    else part.deny(undefined)
    this.#forget(part)
  }

  /** Shows calls of the caller's own tools, which the caller is to make. */
  handOver(calls: readonly ToolCallRequest[]): void {
    for (const { toolCallId, name, input } of calls) {
      if (this.#parts.has(toolCallId)) continue
      const { writer } = this.#place
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
    for (const part of this.#unended) {
      if (!hasRunEnded && part.isUnanswered) continue
      part.fail(notEnded)
      this.#forget(part)
    }
  }

  #add(call: UIToolCall): UIToolPart {
    const part = new UIToolPart(call, this.#place)
    this.#parts.set(part.toolCallId, part)
    if (!part.hasEnded) this.#unended.add(part)
    return part
  }

  #open(toolCallId: string, name: string, input: JsonValue | undefined): UIToolPart {
    const part = this.#add({ toolCallId, name, input })
    part.open()
    const request = this.#early.get(toolCallId)
    this.#early.delete(toolCallId)
    if (request !== undefined) this.#ask(part, request)
    return part
  }

  #ask(part: UIToolPart, request: ApprovalRequest): void {
    if (part.hasEnded) return
    this.#partOfApproval.set(request.approvalId, part)
    part.ask(request)
  }

  #forget(part: UIToolPart): void {
    this.#unended.delete(part)
    this.#behind.delete(part)
  }
}
