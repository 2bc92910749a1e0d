import type { JSONValue, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import type { ApprovalRequest, ClawEventOf, JsonValue, ToolCallRequest } from '@pincer/protocol'

import type { MetadataMaker } from './stream-metadata.ts'

type Part = LanguageModelV4StreamPart
type ResultEvent =
  | ClawEventOf<'tool.call.completed'>
  | ClawEventOf<'tool.call.failed'>
  | ClawEventOf<'tool.call.delta'>

/** A call of one of the gateway's own tools that an earlier step has told. */
export interface EarlierCall {
  readonly toolCallId: string
  readonly toolName: string
  /** JSON text. */
  readonly input: string
  /** True where its result was told too. */
  readonly hasResult: boolean
}

interface KnownCall {
  readonly name: string
  /** JSON text, until the call is told. */
  input: string
  isTold: boolean
  readonly isEarlier: boolean
  isAsked: boolean
  hasResult: boolean
}

const own = { providerExecuted: true, dynamic: true } as const

/**
 * Tells of the gateway's own tools: calls that the provider executes, their results, and questions to people about them.
 *
 * In an answer as a whole the AI SDK wants each call beside its result: one that an earlier step has told is told again before it. In
 * a stream that would be a second call for chats, which find the first one by its id.
 */
export class ToolParts {
  readonly #metadata: MetadataMaker
  readonly #calls = new Map<string, KnownCall>()
  readonly #retells: boolean

  /** @param retells whether calls that an earlier step has told are told again before their results */
  constructor(metadata: MetadataMaker, earlier: readonly EarlierCall[] = [], retells = true) {
    this.#metadata = metadata
    this.#retells = retells
    for (const { toolCallId, toolName, input, hasResult } of earlier)
      this.#calls.set(toolCallId, {
        name: toolName,
        input,
        isTold: false,
        isEarlier: true,
        isAsked: true,
        hasResult,
      })
  }

  start(parts: Part[], event: ClawEventOf<'tool.call.started'>): void {
    const { toolCallId, name, input } = event.data
    if (this.#calls.has(toolCallId)) return
    this.#tell(parts, toolCallId, this.#add(toolCallId, name, input), event)
  }

  /** Tells of a result; of progress, as a preliminary result, only where it is told as a whole. */
  result(parts: Part[], event: ResultEvent): void {
    const { toolCallId } = event.data
    const name = 'name' in event.data ? event.data.name : undefined
    const call = this.#calls.get(toolCallId) ?? this.#add(toolCallId, name ?? 'tool', undefined)
    const result = resultOf(event)
    if (call.hasResult || result === undefined) return
    const isPreliminary = event.type === 'tool.call.delta'
    if (!isPreliminary) call.hasResult = true
    if (!call.isEarlier || this.#retells) this.#tell(parts, toolCallId, call, event)
    parts.push({
      type: 'tool-result',
      toolCallId,
      toolName: call.name,
      ...result,
      dynamic: true,
      ...(isPreliminary && { preliminary: true }),
      providerMetadata: this.#metadata.of(event),
    })
  }

  /** Tells of a question to a person, after the call that it is about. */
  ask(parts: Part[], event: ClawEventOf<'approval.requested'>): void {
    const { approvalId } = event.data
    const toolCallId = this.#askedCall(event.data)
    const call = this.#calls.get(toolCallId) ?? this.#add(toolCallId, event.data.name, event.data.input)
    call.isAsked = true
    this.#tell(parts, toolCallId, call, event)
    parts.push({
      type: 'tool-approval-request',
      approvalId,
      toolCallId,
      providerMetadata: this.#metadata.of(event, { approvalId }),
    })
  }

  /** Tells what came of a question that was about no tool call, so that nothing is left open. */
  settle(parts: Part[], approvalId: string, isApproved: boolean, reason: string | undefined): void {
    const toolCallId = standInId(approvalId)
    const call = this.#calls.get(toolCallId)
    if (call === undefined || call.hasResult) return
    call.hasResult = true
    if (!call.isEarlier || this.#retells) this.#tell(parts, toolCallId, call, {})
    const why = reason === undefined ? '' : `: ${reason}`
    parts.push({
      type: 'tool-result',
      toolCallId,
      toolName: call.name,
      result: isApproved ? 'approved' : `it was not approved${why}`,
      ...(!isApproved && { isError: true }),
      dynamic: true,
      providerMetadata: this.#metadata.with({ approvalId }),
    })
  }

  /** Tells of calls that are left to the caller. */
  request(parts: Part[], calls: readonly ToolCallRequest[]): void {
    for (const { toolCallId, name: toolName, input: given } of calls) {
      const input = write(given)
      const providerMetadata = this.#metadata.with({})
      parts.push(
        { type: 'tool-input-start', id: toolCallId, toolName },
        { type: 'tool-input-delta', id: toolCallId, delta: input },
        { type: 'tool-input-end', id: toolCallId },
        { type: 'tool-call', toolCallId, toolName, input, providerMetadata },
      )
    }
  }

  #askedCall({ approvalId, toolCallId, name }: ApprovalRequest): string {
    if (toolCallId !== undefined) return toolCallId
    // Not every gateway says which call it asks about.
    for (const [id, call] of this.#calls)
      if (call.name === name && !call.isAsked && !call.hasResult) return id
    return standInId(approvalId)
  }

  #add(toolCallId: string, name: string, input: JsonValue | undefined): KnownCall {
    const call = {
      name,
      input: write(input),
      isTold: false,
      isEarlier: false,
      isAsked: false,
      hasResult: false,
    }
    this.#calls.set(toolCallId, call)
    return call
  }

  #tell(
    parts: Part[],
    toolCallId: string,
    call: KnownCall,
    { seq, ts }: { readonly seq?: number; readonly ts?: number },
  ): void {
    if (call.isTold) return
    parts.push({
      type: 'tool-call',
      toolCallId,
      toolName: call.name,
      input: call.input,
      ...own,
      providerMetadata: this.#metadata.with({
        ...(seq !== undefined && { seq }),
        ...(ts !== undefined && { ts }),
      }),
    })
    call.isTold = true
    call.input = ''
  }
}

/** Id of the call that stands for a question which is about none, such as one about a model. */
function standInId(approvalId: string): string {
  return `approval:${approvalId}`
}

function write(input: JsonValue | undefined): string {
  return JSON.stringify(input ?? {})
}

function resultOf(
  event: ResultEvent,
): { readonly result: NonNullable<JSONValue>; readonly isError?: true } | undefined {
  switch (event.type) {
    case 'tool.call.failed':
      return { result: event.data.error.message, isError: true }
    case 'tool.call.delta':
      return event.data.output === undefined ? undefined : { result: toResult(event.data.output) }
    case 'tool.call.completed': {
      const { outcome, output, reason } = event.data
      const isCut = outcome === 'cancelled' || outcome === 'abandoned' || outcome === 'unread'
      if (!isCut) return { result: toResult(output) }
      return { result: reason === undefined ? outcome : `${outcome}: ${reason}`, isError: true }
    }
  }
}

// The AI SDK has no word for a tool that gave nothing.
function toResult(output: JsonValue | undefined): NonNullable<JSONValue> {
  // Its JSON is ours, but mutable.
  return output === undefined || output === null ? '' : (output as NonNullable<JSONValue>)
}
