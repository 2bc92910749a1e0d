import { z } from 'zod'
import type { DemoContext } from './demo-context.ts'
import { parseBody } from './parse-body.ts'
import { parseScript } from './script.ts'
import { beginAnswer, sendEvents, sendJson } from './send-answer.ts'
import { countTokens } from './token-count.ts'

const imageRequest = z.looseObject({
  model: z.string().nullish(),
  prompt: z.string(),
  n: z.int().min(1).max(10).nullish(),
  size: z.string().nullish(),
  stream: z.boolean().nullish(),
})

/** A PNG of one grey pixel. */
const onePixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=='
const tokensPerImage = 272

/** `POST /images/generations`: real PNG data, one pixel large. */
export async function createImage(request: Request, context: DemoContext): Promise<Response> {
  const body = await parseBody(request, imageRequest)
  return sendImages(body.prompt, body, context)
}

/** `POST /images/edits`: reads the prompt of the form and answers like a generation. */
export async function editImage(request: Request, context: DemoContext): Promise<Response> {
  const form = await request.formData()
  const prompt = form.get('prompt')
  return sendImages(
    typeof prompt === 'string' ? prompt : '',
    { stream: form.get('stream') === 'true' },
    context,
  )
}

async function sendImages(
  prompt: string,
  options: {
    readonly n?: number | null | undefined
    readonly size?: string | null | undefined
    readonly stream?: boolean | null | undefined
  },
  context: DemoContext,
): Promise<Response> {
  const script = parseScript(prompt)
  const stream = options.stream ?? false
  await beginAnswer(script, stream, context)
  const count = options.n ?? 1
  const usage = imageUsage(countTokens(prompt), count)
  const created = Math.floor(context.now() / 1000)
  const look = {
    background: 'opaque',
    output_format: 'png',
    quality: 'low',
    size: options.size ?? '1024x1024',
  }
  if (stream) {
    const image = { b64_json: onePixel, created_at: created, ...look }
    const events = [
      { type: 'image_generation.partial_image', partial_image_index: 0, ...image },
      { type: 'image_generation.completed', ...image, usage },
    ].map((data) => ({ event: data.type, data }))
    return sendEvents(events, script, { error: (error) => ({ event: 'error', data: error.body() }) }, context)
  }
  const data = Array.from({ length: count }, () => ({ b64_json: onePixel }))
  return sendJson({ created, data, ...look, usage }, script, context)
}

function imageUsage(textTokens: number, count: number): Record<string, unknown> {
  const output = tokensPerImage * count
  return {
    input_tokens: textTokens,
    input_tokens_details: { text_tokens: textTokens, image_tokens: 0 },
    output_tokens: output,
    total_tokens: textTokens + output,
  }
}
