import { type Answer, answerPrompt } from './answer.ts'
import type { DemoContext } from './demo-context.ts'
import { DemoError } from './demo-error.ts'
import type { MessageThreads } from './message-threads.ts'
import { readMessagesRequest } from './parse-messages-request.ts'
import type { Prompt } from './prompt.ts'
import { beginAnswer, sendEvents, sendJson, type ServerEvent, splitText } from './send-answer.ts'
import { countInput } from './token-count.ts'

/** `POST /messages`, as the Anthropic API has it. */
export function createMessage(
  request: Request,
  threads: MessageThreads,
  context: DemoContext,
): Promise<Response> {
  return inMessagesShape(context, async (own) => {
    const { prompt: turn, stream, isThread, previousMessageId } = await readMessagesRequest(request)
    const prompt = previousMessageId === undefined ? turn : threads.goOn(previousMessageId, turn)
    const answer = answerPrompt(prompt)
    await beginAnswer(answer.script, stream, own)
    const content = contentOf(answer, own)
    const message = {
      id: own.newId('msg_demo_'),
      type: 'message',
      role: 'assistant',
      model: prompt.model,
      content,
      stop_reason: stopReasonOf(answer),
      stop_sequence: null,
      usage: usageOf(answer),
    }
    if (isThread) threads.keep(message.id, withAnswer(prompt, answer, content))
    if (!stream) return sendJson(message, answer.script, own)
    const end = { error: (error: DemoError) => named({ type: 'error', ...errorOf(error) }) }
    return sendEvents(messageEvents(message, content), answer.script, end, own)
  })
}

/** `POST /messages/count_tokens`. */
export function countMessageTokens(request: Request, context: DemoContext): Promise<Response> {
  return inMessagesShape(context, async (own) => {
    const { prompt } = await readMessagesRequest(request)
    return Response.json({ input_tokens: countInput(prompt).input }, { headers: own.headers })
  })
}

type Block = Readonly<Record<string, unknown>> & { readonly type: string }

function contentOf(answer: Answer, context: DemoContext): Block[] {
  const text = answer.refusal ?? answer.text
  return [
    ...(answer.reasoning === '' ? [] : [{ type: 'thinking', thinking: answer.reasoning, signature: 'demo' }]),
    ...(text === '' ? [] : [{ type: 'text', text, citations: null }]),
    ...answer.toolCalls.map((call) => ({
      type: 'tool_use',
      id: context.newId('toolu_demo_'),
      name: call.name,
      input: JSON.parse(call.arguments) as unknown,
    })),
  ]
}

function withAnswer(prompt: Prompt, { text }: Answer, content: readonly Block[]): Prompt {
  const toolCalls = content
    .filter(({ type }) => type === 'tool_use')
    .map(({ id, name, input }) => ({ id: String(id), name: String(name), arguments: JSON.stringify(input) }))
  const said = { role: 'assistant' as const, text, ...(toolCalls.length === 0 ? {} : { toolCalls }) }
  return { ...prompt, messages: [...prompt.messages, said] }
}

function stopReasonOf({ refusal, finish }: Answer): string {
  if (refusal !== undefined || finish === 'content_filter') return 'refusal'
  if (finish === 'tool_calls') return 'tool_use'
  return finish === 'length' ? 'max_tokens' : 'end_turn'
}

// What comes from the cache is counted apart from the rest of the input.
function usageOf({ tokens }: Answer): Record<string, unknown> {
  return {
    input_tokens: tokens.input - tokens.cached,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: tokens.cached,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    output_tokens: tokens.output,
    output_tokens_details: { thinking_tokens: tokens.reasoning },
    server_tool_use: null,
    service_tier: 'standard',
  }
}

interface WholeMessage {
  readonly stop_reason: string
  readonly usage: Record<string, unknown>
}

function messageEvents(message: WholeMessage, content: readonly Block[]): ServerEvent[] {
  const usage = { ...message.usage, output_tokens: 1, output_tokens_details: null }
  const open = { ...message, content: [], stop_reason: null, usage }
  const { cache_creation: _, service_tier: __, ...counts } = message.usage
  return [
    { type: 'message_start', message: open },
    { type: 'ping' },
    ...content.flatMap(blockEvents),
    {
      type: 'message_delta',
      delta: { stop_reason: message.stop_reason, stop_sequence: null },
      usage: counts,
    },
    { type: 'message_stop' },
  ].map(named)
}

function blockEvents(block: Block, index: number): Block[] {
  const [start, deltas] = piecesOf(block)
  return [
    { type: 'content_block_start', index, content_block: start },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ]
}

function piecesOf(block: Block): readonly [start: Block, deltas: readonly Block[]] {
  if (block.type === 'tool_use') {
    const pieces = JSON.stringify(block['input']).match(/[^]{1,12}/g) ?? []
    return [
      { ...block, input: {} },
      pieces.map((piece) => ({ type: 'input_json_delta', partial_json: piece })),
    ]
  }
  const field = block.type === 'thinking' ? 'thinking' : 'text'
  const pieces = splitText(String(block[field]))
  const deltas = pieces.map((piece) => ({ type: `${field}_delta`, [field]: piece }))
  if (field === 'text') return [{ ...block, text: '' }, deltas]
  return [
    { ...block, thinking: '', signature: '' },
    [...deltas, { type: 'signature_delta', signature: block['signature'] }],
  ]
}

function named(data: { readonly type: string }): ServerEvent {
  return { event: data.type, data }
}

// This API has a header and a shape of errors of its own.
async function inMessagesShape(
  context: DemoContext,
  answer: (context: DemoContext) => Promise<Response>,
): Promise<Response> {
  const requestId = context.headers['x-request-id'] ?? ''
  const own = { ...context, headers: { 'request-id': requestId } }
  try {
    return await answer(own)
  } catch (error) {
    if (!(error instanceof DemoError)) throw error
    const { status, headers } = error.response(own.headers)
    return Response.json({ type: 'error', ...errorOf(error), request_id: requestId }, { status, headers })
  }
}

function errorOf({ status, message, code }: DemoError): { readonly error: Record<string, unknown> } {
  const types: Readonly<Record<number, string>> = {
    401: 'authentication_error',
    403: 'permission_error',
    404: 'not_found_error',
    429: 'rate_limit_error',
    529: 'overloaded_error',
  }
  const type = types[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error')
  return {
    error: { type, message, ...(code === 'thread_not_found' ? { details: { error_code: code } } : {}) },
  }
}
