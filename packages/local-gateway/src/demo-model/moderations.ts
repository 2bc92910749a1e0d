import { z } from 'zod'
import type { DemoContext } from './demo-context.ts'
import { demoModelFor } from './demo-models.ts'
import { parseBody } from './parse-body.ts'
import { parseScript } from './script.ts'
import { beginAnswer, sendJson } from './send-answer.ts'

const part = z.looseObject({ type: z.string(), text: z.string().optional() })

const moderationRequest = z.looseObject({
  model: z.string().optional(),
  input: z.union([z.string(), z.array(z.union([z.string(), part])).min(1)]),
})

const categories = [
  'harassment',
  'harassment/threatening',
  'hate',
  'hate/threatening',
  'illicit',
  'illicit/violent',
  'self-harm',
  'self-harm/instructions',
  'self-harm/intent',
  'sexual',
  'sexual/minors',
  'violence',
  'violence/graphic',
]

/** `POST /moderations`: flags a text that names a category or carries `[[filter]]`. */
export async function createModeration(request: Request, context: DemoContext): Promise<Response> {
  const body = await parseBody(request, moderationRequest)
  const inputs = Array.isArray(body.input) ? body.input : [body.input]
  const texts = inputs.map((input) => (typeof input === 'string' ? input : (input.text ?? '')))
  const script = parseScript(texts.join('\n'))
  await beginAnswer(script, false, context)
  const results = texts.map(moderate)
  const id = context.newId('modr-demo-')
  return sendJson({ id, model: demoModelFor(body.model, 'moderation'), results }, script, context)
}

function moderate(text: string): Record<string, unknown> {
  const words = text.toLowerCase()
  const found = categories.filter((category) => words.includes(category))
  if (found.length === 0 && parseScript(text).filter) found.push('violence')
  const byCategory = <Value>(value: (category: string) => Value): Record<string, Value> =>
    Object.fromEntries(categories.map((category) => [category, value(category)]))
  return {
    flagged: found.length > 0,
    categories: byCategory((category) => found.includes(category)),
    category_scores: byCategory((category) => (found.includes(category) ? 0.99 : 0.01)),
    category_applied_input_types: byCategory(() => ['text']),
  }
}
