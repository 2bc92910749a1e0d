import { jsonAnswer, type ScriptedAnswer, sendEvent, startEvents } from '@pincer/testing'

/** The usage that every scripted answer tells. */
export const usage = {
  input_tokens: 10,
  cache_creation_input_tokens: 3,
  cache_read_input_tokens: 7,
  cache_creation: { ephemeral_5m_input_tokens: 1, ephemeral_1h_input_tokens: 2 },
  output_tokens: 5,
  server_tool_use: null,
  service_tier: 'standard',
}

/** What {@link usage} is in our words. */
export const usageConverted = {
  inputTokens: 20,
  cacheReadTokens: 7,
  cacheWriteTokens: 3,
  outputTokens: 5,
  reasoningTokens: 0,
  totalTokens: 25,
  details: { cacheWrite5mTokens: 1, cacheWrite1hTokens: 2, standardTierCalls: 1 },
}

type Wire = Record<string, unknown>

export function message(content: string | readonly Wire[], stopReason = 'end_turn', more: Wire = {}): Wire {
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-test-2026',
    content: typeof content === 'string' ? [{ type: 'text', text: content, citations: null }] : content,
    stop_reason: stopReason,
    stop_sequence: null,
    usage,
    ...more,
  }
}

export function toolUse(id: string, name: string, input: Wire): Wire {
  return { type: 'tool_use', id, name, input }
}

/** The first event of a stream, which tells the input and guesses at the output. */
export function messageStart(more: Wire = {}): Wire {
  const started = { ...message([]), stop_reason: null, usage: { ...usage, output_tokens: 1 }, ...more }
  return { type: 'message_start', message: started }
}

/** The events of one block of text. */
export function textBlock(pieces: readonly string[], index = 0): Wire[] {
  return block(
    index,
    { type: 'text', text: '' },
    pieces.map((text) => ({ type: 'text_delta', text })),
  )
}

/** The events of a block from its start to its stop. */
export function block(index: number, start: Wire, deltas: readonly Wire[] = []): Wire[] {
  return [
    { type: 'content_block_start', index, content_block: start },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ]
}

/** The events that end a message; the counts are those of the whole answer, and lack the cache's tiers. */
export function messageEnd(stopReason = 'end_turn', more: Wire = {}): Wire[] {
  const { input_tokens, cache_creation_input_tokens, cache_read_input_tokens, output_tokens } = usage
  const counts = { input_tokens, cache_creation_input_tokens, cache_read_input_tokens, output_tokens }
  return [
    {
      type: 'message_delta',
      delta: { stop_reason: stopReason, stop_sequence: null },
      usage: { ...counts, ...more },
    },
    { type: 'message_stop' },
  ]
}

/** Streams events as the API does, with a ping among them. */
export function events(...list: readonly Wire[]): ScriptedAnswer {
  return (_request, response) => {
    startEvents(response)
    for (const [index, event] of list.entries()) {
      sendEvent(response, event)
      if (index === 0) sendEvent(response, { type: 'ping' })
    }
    response.end()
  }
}

/** Streams a text. */
export function textStream(pieces: readonly string[], stopReason = 'end_turn'): ScriptedAnswer {
  return events(messageStart(), ...textBlock(pieces), ...messageEnd(stopReason))
}

/** Begins to stream a text, and goes no further. */
export const openStream: ScriptedAnswer = (_request, response) => {
  startEvents(response)
  sendEvent(response, messageStart())
  for (const event of textBlock(['Once']).slice(0, 2)) sendEvent(response, event)
}

/** Streams a request of tools. */
export function toolStream(...uses: readonly { id: string; name: string; input: Wire }[]): ScriptedAnswer {
  const blocks = uses.flatMap(({ id, name, input }, index) => {
    const text = JSON.stringify(input)
    return block(index, toolUse(id, name, {}), [
      { type: 'input_json_delta', partial_json: text.slice(0, 4) },
      { type: 'input_json_delta', partial_json: text.slice(4) },
    ])
  })
  return events(messageStart(), ...blocks, ...messageEnd('tool_use'))
}

/** Answers with an error of the API. */
export function failure(
  status: number,
  type: string,
  text: string,
  headers: Record<string, string> = {},
): ScriptedAnswer {
  return jsonAnswer(
    { type: 'error', error: { type, message: text }, request_id: 'req_test' },
    status,
    headers,
  )
}
