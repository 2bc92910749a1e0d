import { z } from 'zod'
import { type Answer, answerPrompt } from './answer.ts'
import { chatUsage } from './chat-completions.ts'
import type { DemoContext } from './demo-context.ts'
import { demoModelFor } from './demo-models.ts'
import { parseBody } from './parse-body.ts'
import { beginAnswer, sendEvents, sendJson, type ServerEvent, splitText } from './send-answer.ts'

const completionRequest = z.looseObject({
  model: z.string(),
  prompt: z.union([z.string(), z.array(z.string())]).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: z.int().positive().nullish(),
})

/** `POST /completions`, the API before chat. */
export async function createCompletion(request: Request, context: DemoContext): Promise<Response> {
  const body = await parseBody(request, completionRequest)
  const text = Array.isArray(body.prompt) ? body.prompt.join('\n') : (body.prompt ?? '')
  const model = demoModelFor(body.model, 'chat')
  const answer = answerPrompt({
    model,
    messages: [{ role: 'user', text }],
    tools: [],
    toolChoice: 'none',
    parallelToolCalls: false,
    ...(typeof body.max_tokens === 'number' ? { maxTokens: body.max_tokens } : {}),
  })
  const stream = body.stream ?? false
  await beginAnswer(answer.script, stream, context)
  const base = {
    id: context.newId('cmpl-demo-'),
    object: 'text_completion',
    created: Math.floor(context.now() / 1000),
    model,
    system_fingerprint: 'pincer-demo',
  }
  const usage = chatUsage(answer.tokens)
  if (!stream) {
    return sendJson(
      { ...base, choices: [choice(wholeText(answer), answer.finish)], usage },
      answer.script,
      context,
    )
  }
  const events: ServerEvent[] = splitText(wholeText(answer)).map((piece) => ({
    data: { ...base, choices: [choice(piece, null)] },
  }))
  events.push({ data: { ...base, choices: [choice('', answer.finish)] } })
  if (body.stream_options?.include_usage === true) events.push({ data: { ...base, choices: [], usage } })
  return sendEvents(
    events,
    answer.script,
    { last: 'data: [DONE]\n\n', error: (error) => ({ data: error.body() }) },
    context,
  )
}

function wholeText(answer: Answer): string {
  return answer.refusal ?? answer.text
}

function choice(text: string, finish: Answer['finish'] | null): Record<string, unknown> {
  return { index: 0, text, logprobs: null, finish_reason: finish }
}
