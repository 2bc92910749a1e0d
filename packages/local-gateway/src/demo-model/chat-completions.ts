import { type Answer, answerPrompt } from './answer.ts'
import type { DemoContext } from './demo-context.ts'
import { readChatRequest } from './parse-chat-request.ts'
import { beginAnswer, sendEvents, sendJson, type ServerEvent, splitText } from './send-answer.ts'
import type { TokenCount } from './token-count.ts'

/** `POST /chat/completions`. */
export async function createChatCompletion(request: Request, context: DemoContext): Promise<Response> {
  const { prompt, stream, includeUsage, choices } = await readChatRequest(request)
  const answer = answerPrompt(prompt)
  await beginAnswer(answer.script, stream, context)
  const base = {
    id: context.newId('chatcmpl-demo-'),
    created: Math.floor(context.now() / 1000),
    model: prompt.model,
    system_fingerprint: 'pincer-demo',
    service_tier: 'default',
  }
  const usage = chatUsage(answer.tokens, choices)
  if (!stream) {
    const message = chatMessage(answer, context)
    const list = Array.from({ length: choices }, (_, index) => ({
      index,
      message,
      logprobs: null,
      finish_reason: answer.finish,
    }))
    return sendJson({ ...base, object: 'chat.completion', choices: list, usage }, answer.script, context)
  }
  const chunk = (fields: object): ServerEvent => ({
    data: {
      ...base,
      object: 'chat.completion.chunk',
      ...fields,
      ...(includeUsage && !('usage' in fields) ? { usage: null } : {}),
    },
  })
  const events = Array.from({ length: choices }, (_, index) =>
    chatDeltas(answer, context).map(({ delta, finish }) =>
      chunk({ choices: [{ index, delta, logprobs: null, finish_reason: finish }] }),
    ),
  ).flat()
  if (includeUsage) events.push(chunk({ choices: [], usage }))
  return sendEvents(
    events,
    answer.script,
    { last: 'data: [DONE]\n\n', error: (error) => ({ data: error.body() }) },
    context,
  )
}

function chatMessage(answer: Answer, context: DemoContext): Record<string, unknown> {
  return {
    role: 'assistant',
    content: answer.text === '' ? null : answer.text,
    refusal: answer.refusal ?? null,
    annotations: [],
    ...(answer.reasoning === '' ? {} : { reasoning_content: answer.reasoning }),
    ...(answer.toolCalls.length === 0
      ? {}
      : { tool_calls: answer.toolCalls.map((call) => chatToolCall(call, context)) }),
  }
}

function chatToolCall(call: Answer['toolCalls'][number], context: DemoContext): Record<string, unknown> {
  return {
    id: context.newId('call_demo_'),
    type: 'function',
    function: { name: call.name, arguments: call.arguments },
  }
}

interface Delta {
  readonly delta: Record<string, unknown>
  readonly finish: Answer['finish'] | null
}

function chatDeltas(answer: Answer, context: DemoContext): readonly Delta[] {
  const deltas: Record<string, unknown>[] = [
    { role: 'assistant', content: answer.toolCalls.length > 0 ? null : '', refusal: null },
  ]
  for (const piece of splitText(answer.reasoning)) deltas.push({ reasoning_content: piece })
  for (const piece of splitText(answer.text)) deltas.push({ content: piece })
  for (const piece of splitText(answer.refusal ?? '')) deltas.push({ refusal: piece })
  answer.toolCalls.forEach((call, index) => {
    const head = { ...call, arguments: '' }
    deltas.push({ tool_calls: [{ index, ...chatToolCall(head, context) }] })
    for (const piece of call.arguments.match(/[^]{1,12}/g) ?? []) {
      deltas.push({ tool_calls: [{ index, function: { arguments: piece } }] })
    }
  })
  return [...deltas.map((delta) => ({ delta, finish: null })), { delta: {}, finish: answer.finish }]
}

/** The usage object of the chat API; every further choice costs its output again. */
export function chatUsage(tokens: TokenCount, choices = 1): Record<string, unknown> {
  const output = tokens.output * choices
  return {
    prompt_tokens: tokens.input,
    completion_tokens: output,
    total_tokens: tokens.input + output,
    prompt_tokens_details: { cached_tokens: tokens.cached, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: tokens.reasoning * choices,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}
