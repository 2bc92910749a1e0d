import type {
  BaseLanguageModelInput,
  StructuredOutputMethodOptions,
} from '@langchain/core/language_models/base'
import type { AIMessageChunk } from '@langchain/core/messages'
import { OutputParserException } from '@langchain/core/output_parsers'
import {
  type Runnable,
  RunnableLambda,
  RunnablePassthrough,
  RunnableSequence,
} from '@langchain/core/runnables'
import { toJsonSchema } from '@langchain/core/utils/json_schema'
import { interopParseAsync, isInteropZodSchema } from '@langchain/core/utils/types'
import type { JsonObject } from '@pincer/protocol'

import type { ChatClaw } from './chat-claw.ts'

/** What the answer must be, as a schema of zod or another library, or as a JSON Schema. */
export type OutputSchema<Output = unknown> =
  | { readonly '~standard': { readonly types?: { readonly output: Output } | undefined } }
  | { readonly _output: Output }
  | Readonly<Record<string, unknown>>

/**
 * The model with a parser behind it: of the arguments of a tool call, or of JSON that the agent writes.
 *
 * Where the answer does not fit, it throws OutputParserException; with `includeRaw` it gives `{ raw, parsed: null }`.
 */
export function structuredOutput(
  model: ChatClaw,
  schema: OutputSchema,
  { method = 'functionCalling', name = nameOf(schema), includeRaw }: StructuredOutputMethodOptions<boolean>,
): Runnable<BaseLanguageModelInput> {
  const parameters = jsonSchemaOf(schema)
  const tracing = { ls_structured_output_format: { kwargs: { method }, schema: parameters } }
  const isTool = method === 'functionCalling'
  const description = parameters['description'] ?? 'Takes the answer.'
  const asked = isTool
    ? model.bindTools([{ type: 'function', function: { name, description, parameters } }], {
        tool_choice: name,
        ...tracing,
      })
    : model.withConfig({ outputSchema: parameters, ...tracing })
  const parser = RunnableLambda.from((message: AIMessageChunk) =>
    isTool ? parseToolAnswer(message, name, schema) : parseJsonAnswer(message, schema),
  )
  if (includeRaw !== true) return asked.pipe(parser).withConfig({ runName: 'StructuredOutput' })
  const parsed = RunnablePassthrough.assign({
    parsed: ({ raw }: { raw: AIMessageChunk }) => parser.invoke(raw).catch(() => null),
  })
  return RunnableSequence.from([{ raw: asked }, parsed]).withConfig({ runName: 'StructuredOutputRunnable' })
}

function nameOf(schema: OutputSchema): string {
  const { name, title } = schema as Record<string, unknown>
  const isName = (found: unknown): found is string => typeof found === 'string' && /^[\w-]{1,64}$/.test(found)
  return [name, title].find(isName) ?? 'extract'
}

function jsonSchemaOf(schema: OutputSchema): JsonObject {
  const isLibrary = isInteropZodSchema(schema) || '~standard' in schema
  // Schemas hold more than JSON, such as what checks them.
  return JSON.parse(
    JSON.stringify(isLibrary ? toJsonSchema(schema as Parameters<typeof toJsonSchema>[0]) : schema),
  )
}

/** What the agent is told where its answer must be JSON. */
export function askForJson(schema: JsonObject): string {
  return `Answer this with one JSON value that follows this JSON Schema, and with nothing else: ${JSON.stringify(schema)}`
}

async function parseToolAnswer(
  message: AIMessageChunk,
  name: string,
  schema: OutputSchema,
): Promise<unknown> {
  const call = message.tool_calls?.find((found) => found.name === name)
  if (call !== undefined) return checkOutput(schema, call.args)
  throw new OutputParserException(
    `the agent answered in words instead of calling "${name}": ${shorten(message.text)}`,
    message.text,
  )
}

async function parseJsonAnswer(message: AIMessageChunk, schema: OutputSchema): Promise<unknown> {
  return checkOutput(schema, readJson(message.text))
}

// Models put JSON between fences, or a word before it.
function readJson(text: string): unknown {
  const fenced = /```(?:json)?\s*([\s\S]*?)```/.exec(text)?.[1]
  const start = text.search(/[[{]/)
  const end = Math.max(text.lastIndexOf('}'), text.lastIndexOf(']'))
  for (const candidate of [text, fenced, text.slice(start, end + 1)]) {
    try {
      if (candidate !== undefined) return JSON.parse(candidate)
    } catch {
      // The next way of reading it.
    }
  }
  throw new OutputParserException(`the agent did not answer with JSON: ${shorten(text)}`, text)
}

async function checkOutput(schema: OutputSchema, value: unknown): Promise<unknown> {
  const output = JSON.stringify(value)
  if (isInteropZodSchema(schema)) {
    try {
      return await interopParseAsync(schema, value)
    } catch (error) {
      throw unfit(error instanceof Error ? error.message : String(error), output)
    }
  }
  const standard: unknown = (schema as Record<string, unknown>)['~standard']
  if (!isStandard(standard)) return value
  const found = await standard.validate(value)
  if (found.issues === undefined) return found.value
  throw unfit(found.issues.map((issue) => issue.message).join('; '), output)
}

interface Standard {
  validate(
    value: unknown,
  ):
    | { readonly value?: unknown; readonly issues?: readonly { readonly message: string }[] }
    | Promise<{ readonly value?: unknown; readonly issues?: readonly { readonly message: string }[] }>
}

function isStandard(value: unknown): value is Standard {
  return typeof Object(value).validate === 'function'
}

function unfit(why: string, output: string): OutputParserException {
  return new OutputParserException(`the answer of the agent does not fit the schema: ${shorten(why)}`, output)
}

function shorten(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}
