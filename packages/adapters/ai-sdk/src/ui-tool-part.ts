import type { ApprovalRequest, JsonValue, ToolCallDeltaData } from '@pincer/protocol'

import type { UIStepWriter } from './ui-step-writer.ts'
import { ToolProgress } from './ui-tool-progress.ts'

/** Where a tool call is shown. */
export interface UIToolPlace {
  readonly writer: UIStepWriter
  /** What each call tells of its run. */
  readonly metadata: () => Readonly<Record<string, JsonValue>>
}

/** What is known of a tool call when its part begins. */
export interface UIToolCall {
  readonly toolCallId: string
  readonly name: string
  readonly input?: JsonValue | undefined
  /** The question that the part shows, and the answer to it, where an earlier answer has shown them. */
  readonly approvalId?: string | undefined
  readonly isApproved?: boolean | undefined
  readonly hasEnded?: boolean
}

const longestError = 8_000
// Every tool of a gateway runs there, and no list of tools on this side knows it.
const place = { providerExecuted: true } as const

/** The part of a message that shows one tool call: its input, the question about it, its progress and its end. */
export class UIToolPart {
  readonly toolCallId: string
  readonly name: string
  readonly #place: UIToolPlace
  readonly #input: JsonValue | undefined
  /** Number of the step that shows it; none where an earlier answer did. */
  #step: number | undefined
  #approvalId: string | undefined
  #isApproved: boolean | undefined
  #progress = new ToolProgress()
  #hasEnded: boolean

  constructor(call: UIToolCall, toolPlace: UIToolPlace) {
    const { toolCallId, name, input, approvalId, isApproved, hasEnded = false } = call
    this.toolCallId = toolCallId
    this.name = name
    this.#input = input
    this.#approvalId = approvalId
    this.#isApproved = isApproved
    this.#hasEnded = hasEnded
    this.#place = toolPlace
  }

  /** The question that it shows last. */
  get approvalId(): string | undefined {
    return this.#approvalId
  }

  /** True where it shows a question that nobody has agreed to. */
  get isHeld(): boolean {
    return this.#approvalId !== undefined && this.#isApproved !== true
  }

  /** True where it shows a question that nobody has answered. */
  get isUnanswered(): boolean {
    return this.#approvalId !== undefined && this.#isApproved === undefined
  }

  /** True where it shows some of its output. */
  get hasProgress(): boolean {
    return this.#progress.isShown
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** Begins the part. */
  open(): void {
    const available = this.#available(this.#input ?? {})
    const { input: _, ...start } = available
    this.#place.writer.write({ ...start, type: 'tool-input-start' })
    this.#place.writer.write(available)
    this.#step = this.#place.writer.number
  }

  /** Shows its input anew, instead of its progress, where its step is not over. */
  reopen(input: JsonValue = this.#input ?? {}): void {
    if (this.#step !== this.#place.writer.number) return
    this.#place.writer.write(this.#available(input))
    this.#progress = new ToolProgress()
  }

  ask({ approvalId, reason }: ApprovalRequest): void {
    this.#approvalId = approvalId
    this.#isApproved = undefined
    this.#place.writer.write({
      type: 'tool-approval-request',
      approvalId,
      toolCallId: this.toolCallId,
      ...(reason !== undefined && { reason }),
    })
  }

  answer(approved: boolean, reason?: string): void {
    if (this.#approvalId === undefined || this.#isApproved === approved) return
    this.#isApproved = approved
    this.#place.writer.write({
      type: 'tool-approval-response',
      approvalId: this.#approvalId,
      approved,
      ...(reason !== undefined && { reason }),
      ...place,
    })
  }

  /** Takes progress; false where it is to be shown later, by {@link showProgress}. */
  progress(data: ToolCallDeltaData): boolean {
    // What is at work was allowed to.
    this.answer(true)
    const isTime = this.#progress.take(data)
    if (isTime) this.showProgress()
    return isTime
  }

  showProgress(): void {
    this.#progress.show()
    const { toolCallId } = this
    const output = this.#progress.told
    this.#place.writer.write({
      type: 'tool-output-available',
      toolCallId,
      output,
      preliminary: true,
      ...place,
    })
  }

  /** Ends it with its output, or with its progress where it has none. */
  end(output: JsonValue | undefined): void {
    this.answer(true)
    this.#hasEnded = true
    this.#place.writer.write({
      type: 'tool-output-available',
      toolCallId: this.toolCallId,
      output: output ?? this.#progress.told ?? null,
      ...place,
    })
  }

  deny(reason: string | undefined): void {
    this.answer(false, reason)
    this.#hasEnded = true
    this.#place.writer.write({ type: 'tool-output-denied', toolCallId: this.toolCallId })
  }

  /** Ends it with an error; as denied where it shows a question that nobody has agreed to, which cannot show one. */
  fail(errorText: string): void {
    if (this.isHeld) return this.deny(errorText)
    this.#hasEnded = true
    this.#place.writer.write({
      type: 'tool-output-error',
      toolCallId: this.toolCallId,
      errorText: errorText.slice(0, longestError),
      ...place,
    })
  }

  #available(input: JsonValue) {
    const { toolCallId, name: toolName } = this
    return {
      type: 'tool-input-available' as const,
      toolCallId,
      toolName,
      input,
      dynamic: true,
      providerMetadata: { pincer: { ...this.#place.metadata() } },
      ...place,
    }
  }
}
