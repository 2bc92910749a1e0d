import { type ScriptedAnswer, sendEvent, startEvents } from '@pincer/testing'

/** Answers with server-sent events and the closing mark. */
export function events(...list: readonly unknown[]): ScriptedAnswer {
  return (_request, response) => {
    startEvents(response)
    for (const event of list) sendEvent(response, event)
    response.end('data: [DONE]\n\n')
  }
}

/** The usage that every scripted chat answer tells. */
export const chatUsage = {
  prompt_tokens: 12,
  completion_tokens: 5,
  total_tokens: 17,
  prompt_tokens_details: { cached_tokens: 4 },
  completion_tokens_details: { reasoning_tokens: 2 },
}

/** What {@link chatUsage} is in our words. */
export const chatUsageConverted = {
  inputTokens: 12,
  cacheReadTokens: 4,
  cacheWriteTokens: 0,
  outputTokens: 5,
  reasoningTokens: 2,
  totalTokens: 17,
}

export function completion(
  content: string,
  more: Record<string, unknown> = {},
  finishReason = 'stop',
): Record<string, unknown> {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-test-2026',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content, refusal: null, ...more },
        logprobs: null,
        finish_reason: finishReason,
      },
    ],
    usage: chatUsage,
  }
}

export interface ToolCallOnWire {
  readonly id: string
  readonly name: string
  readonly arguments: string
}

export function toolCompletion(...calls: readonly ToolCallOnWire[]): Record<string, unknown> {
  const toolCalls = calls.map(({ id, ...called }) => ({ id, type: 'function', function: called }))
  return completion('', { content: null, tool_calls: toolCalls }, 'tool_calls')
}

export function chunk(
  delta: Record<string, unknown>,
  finishReason: string | null = null,
): Record<string, unknown> {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'gpt-test-2026',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
  }
}

export function usageChunk(): Record<string, unknown> {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'gpt-test-2026',
    choices: [],
    usage: chatUsage,
  }
}

/** Streams a chat answer as the API does: with an empty usage on every chunk, and a usage chunk, only when asked. */
export function chatStream(pieces: readonly string[], finishReason = 'stop'): ScriptedAnswer {
  return (request, response) => {
    const asked =
      (request.body['stream_options'] as { include_usage?: boolean } | undefined)?.include_usage === true
    const more = asked ? { usage: null } : {}
    startEvents(response)
    sendEvent(response, { ...chunk({ role: 'assistant', content: '' }), ...more })
    for (const content of pieces) sendEvent(response, { ...chunk({ content }), ...more })
    sendEvent(response, { ...chunk({}, finishReason), ...more })
    if (asked) sendEvent(response, usageChunk())
    response.end('data: [DONE]\n\n')
  }
}

const responseUsage = {
  input_tokens: 20,
  input_tokens_details: { cached_tokens: 8, cache_write_tokens: 3 },
  output_tokens: 9,
  output_tokens_details: { reasoning_tokens: 6 },
  total_tokens: 29,
}

export const responseUsageConverted = {
  inputTokens: 20,
  cacheReadTokens: 8,
  cacheWriteTokens: 3,
  outputTokens: 9,
  reasoningTokens: 6,
  totalTokens: 29,
}

export function responseObject(text: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    model: 'gpt-test-2026',
    status: 'completed',
    error: null,
    incomplete_details: null,
    output: [
      {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text, annotations: [] }],
      },
    ],
    usage: responseUsage,
    ...more,
  }
}

/** The events of a Responses stream up to, but without, its last one. */
export function responseEvents(pieces: readonly string[]): Record<string, unknown>[] {
  const open = responseObject('', { status: 'in_progress', output: [], usage: null })
  const place = { item_id: 'msg_1', output_index: 0, content_index: 0 }
  let sequence = 0
  const number = (event: Record<string, unknown>): Record<string, unknown> => ({
    ...event,
    sequence_number: sequence++,
  })
  return [
    number({ type: 'response.created', response: open }),
    number({ type: 'response.in_progress', response: open }),
    number({
      type: 'response.output_item.added',
      output_index: 0,
      item: { id: 'msg_1', type: 'message', role: 'assistant', status: 'in_progress', content: [] },
    }),
    number({
      type: 'response.content_part.added',
      ...place,
      part: { type: 'output_text', text: '', annotations: [] },
    }),
    ...pieces.map((delta) => number({ type: 'response.output_text.delta', ...place, delta, logprobs: [] })),
    number({ type: 'response.output_text.done', ...place, text: pieces.join(''), logprobs: [] }),
    number({
      type: 'response.content_part.done',
      ...place,
      part: { type: 'output_text', text: pieces.join(''), annotations: [] },
    }),
    number({
      type: 'response.output_item.done',
      output_index: 0,
      item: (responseObject(pieces.join(''))['output'] as unknown[])[0],
    }),
  ]
}
