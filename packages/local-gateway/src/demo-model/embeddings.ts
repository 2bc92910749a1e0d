import { z } from 'zod'
import type { DemoContext } from './demo-context.ts'
import { demoModelFor } from './demo-models.ts'
import { parseBody } from './parse-body.ts'
import { parseScript } from './script.ts'
import { beginAnswer, sendJson } from './send-answer.ts'
import { countTokens } from './token-count.ts'

const embeddingsRequest = z.looseObject({
  model: z.string(),
  input: z.union([
    z.string(),
    z.array(z.string()).min(1).max(2048),
    z.array(z.int()).min(1),
    z.array(z.array(z.int())).min(1).max(2048),
  ]),
  dimensions: z.int().min(1).max(3072).optional(),
  encoding_format: z.enum(['float', 'base64']).optional(),
})

const defaultDimensions = 64

/** `POST /embeddings`. */
export async function createEmbeddings(request: Request, context: DemoContext): Promise<Response> {
  const body = await parseBody(request, embeddingsRequest)
  const texts = inputTexts(body.input)
  const script = parseScript(texts.join('\n'))
  await beginAnswer(script, false, context)
  const data = texts.map((text, index) => {
    const vector = embedText(text, body.dimensions ?? defaultDimensions)
    return {
      object: 'embedding',
      index,
      embedding: body.encoding_format === 'base64' ? toBase64(vector) : vector,
    }
  })
  const tokens = texts.reduce((sum, text) => sum + countTokens(text), 0)
  const model = demoModelFor(body.model, 'embedding')
  return sendJson(
    { object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } },
    script,
    context,
  )
}

/** A vector of length 1 that depends on the text alone; texts that share words lie closer together. */
function embedText(text: string, dimensions: number): number[] {
  const vector = Array.from({ length: dimensions }, () => 0)
  for (const word of text.toLowerCase().split(/[^\p{L}\p{N}]+/u)) {
    const hash = hashWord(word)
    const at = hash % dimensions
    vector[at] = (vector[at] ?? 0) + (hash & 0x10000 ? 1 : -1)
  }
  const norm = Math.hypot(...vector)
  if (norm === 0) vector[0] = 1
  return vector.map((value) => Math.fround(norm === 0 ? value : value / norm))
}

// FNV-1a.
function hashWord(word: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < word.length; index++)
    hash = Math.imul(hash ^ word.charCodeAt(index), 0x01000193)
  return hash >>> 0
}

function inputTexts(input: string | string[] | number[] | number[][]): string[] {
  if (typeof input === 'string') return [input]
  if (input.every((item) => typeof item === 'number')) return [input.join(' ')]
  return input.map((item) => (Array.isArray(item) ? item.join(' ') : String(item)))
}

function toBase64(vector: readonly number[]): string {
  const bytes = new Uint8Array(new Float32Array(vector).buffer)
  return btoa(String.fromCharCode(...bytes))
}
