import type { JsonObject } from '@pincer/protocol'
import { z } from 'zod'
import { jsonDepth } from '../json-depth.ts'
import { DemoError } from './demo-error.ts'

const maxDepth = 80

/**
 * Reads a JSON body against a schema.
 *
 * @throws DemoError with status 400 naming the first field that does not fit.
 */
export async function parseBody<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
): Promise<z.output<Schema>> {
  let body: unknown
  try {
    const text = await request.text()
    if (jsonDepth(text) > maxDepth) throw new Error('too deep')
    body = JSON.parse(text)
  } catch {
    throw new DemoError(
      400,
      `The body is not JSON of at most ${maxDepth} levels; send a JSON object.`,
      'invalid_json',
    )
  }
  const result = schema.safeParse(body)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const path = z.core.toDotPath(issue?.path ?? [])
  throw new DemoError(
    400,
    `${path === '' ? 'body' : path}: ${issue?.message ?? 'not as expected'}`,
    'invalid_value',
    path,
  )
}

/** A part of a message's content; only its text is read. */
const part = z.looseObject({ type: z.string(), text: z.string().optional(), refusal: z.string().optional() })

/** Content of a message: text, or parts of which the text is kept. */
export const content: z.ZodType<string> = z
  .union([z.string(), z.array(part)])
  .nullish()
  .transform((value) =>
    Array.isArray(value) ? value.map((item) => item.text ?? item.refusal ?? '').join('') : (value ?? ''),
  )

/** A JSON Schema, which is not checked further. */
export const jsonSchema: z.ZodType<JsonObject> = z.record(z.string(), z.json())
