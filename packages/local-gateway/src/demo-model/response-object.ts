import type { Answer } from './answer.ts'
import type { DemoContext } from './demo-context.ts'
import type { ResponsesRequest } from './parse-responses-request.ts'
import type { TokenCount } from './token-count.ts'

/** An item of a response's `output`. */
export type OutputItem =
  | { readonly type: 'reasoning'; readonly id: string; readonly text: string }
  | {
      readonly type: 'message'
      readonly id: string
      readonly text: string
      readonly refusal: string | undefined
    }
  | {
      readonly type: 'function_call'
      readonly id: string
      readonly callId: string
      readonly name: string
      readonly arguments: string
    }

/** Lays an answer out as the items of a response, with their ids. */
export function outputItems(answer: Answer, context: DemoContext): readonly OutputItem[] {
  const items: OutputItem[] = []
  if (answer.reasoning !== '')
    items.push({ type: 'reasoning', id: context.newId('rs_demo_'), text: answer.reasoning })
  if (answer.text !== '' || answer.refusal !== undefined || answer.toolCalls.length === 0) {
    items.push({
      type: 'message',
      id: context.newId('msg_demo_'),
      text: answer.text,
      refusal: answer.refusal,
    })
  }
  for (const call of answer.toolCalls) {
    const callId = context.newId('call_demo_')
    items.push({
      type: 'function_call',
      id: context.newId('fc_demo_'),
      callId,
      name: call.name,
      arguments: call.arguments,
    })
  }
  return items
}

/** An item in the shape of the API; an unfinished one is still empty. */
export function wireItem(item: OutputItem, finished: boolean): Record<string, unknown> {
  const status = finished ? 'completed' : 'in_progress'
  if (item.type === 'reasoning') {
    return {
      id: item.id,
      type: 'reasoning',
      status,
      summary: finished ? [{ type: 'summary_text', text: item.text }] : [],
    }
  }
  if (item.type === 'message') {
    return {
      id: item.id,
      type: 'message',
      status,
      role: 'assistant',
      content: finished ? [wirePart(item, true)] : [],
    }
  }
  const args = finished ? item.arguments : ''
  return {
    id: item.id,
    type: 'function_call',
    status,
    call_id: item.callId,
    name: item.name,
    arguments: args,
  }
}

/** The one content part of a message item. */
export function wirePart(item: OutputItem & { type: 'message' }, finished: boolean): Record<string, unknown> {
  if (item.refusal !== undefined) return { type: 'refusal', refusal: finished ? item.refusal : '' }
  return { type: 'output_text', text: finished ? item.text : '', annotations: [], logprobs: [] }
}

/** The fields of a response that do not change while it is made. */
export function responseBase(request: ResponsesRequest, context: DemoContext): Record<string, unknown> {
  return {
    id: context.newId('resp_demo_'),
    object: 'response',
    created_at: Math.floor(context.now() / 1000),
    ...request.repeated,
    reasoning: { effort: null, summary: null },
    service_tier: 'default',
    temperature: null,
    top_p: null,
    truncation: 'disabled',
  }
}

/** The fields of a response that is still being made. */
export function openFields(status: 'queued' | 'in_progress'): Record<string, unknown> {
  return { status, error: null, incomplete_details: null, output: [], usage: null }
}

/** The fields of a response that was stopped before it was made. */
export function cancelledFields(): Record<string, unknown> {
  return { ...openFields('queued'), status: 'cancelled' }
}

/** The fields of a response that went wrong while it was made. */
export function failedFields(message: string): Record<string, unknown> {
  return { ...openFields('queued'), status: 'failed', error: { code: 'server_error', message } }
}

/** The fields of a response that is made, whole or cut short. */
export function finishedFields(answer: Answer, items: readonly OutputItem[]): Record<string, unknown> {
  const reasons = {
    length: 'max_output_tokens',
    content_filter: 'content_filter',
    stop: null,
    tool_calls: null,
  } as const
  const reason = reasons[answer.finish]
  return {
    status: reason === null ? 'completed' : 'incomplete',
    error: null,
    incomplete_details: reason === null ? null : { reason },
    output: items.map((item) => wireItem(item, true)),
    usage: responseUsage(answer.tokens),
  }
}

function responseUsage(tokens: TokenCount): Record<string, unknown> {
  return {
    input_tokens: tokens.input,
    input_tokens_details: { cached_tokens: tokens.cached },
    output_tokens: tokens.output,
    output_tokens_details: { reasoning_tokens: tokens.reasoning },
    total_tokens: tokens.input + tokens.output,
  }
}
