import { z } from 'zod'
import { demoModelFor } from './demo-models.ts'
import { content, jsonSchema, parseBody } from './parse-body.ts'
import type { OfferedTool, Prompt, PromptMessage } from './prompt.ts'

const item = z.looseObject({
  type: z.string().optional(),
  role: z.enum(['system', 'developer', 'user', 'assistant']).optional(),
  content: content.optional(),
  call_id: z.string().optional(),
  name: z.string().optional(),
  arguments: z.string().optional(),
  output: content.optional(),
})

const tool = z.looseObject({
  type: z.string(),
  name: z.string().optional(),
  description: z.string().nullish(),
  parameters: jsonSchema.nullish(),
})

const responsesRequest = z.looseObject({
  model: z.string().optional(),
  input: z.union([z.string(), z.array(item)]).optional(),
  instructions: z.string().nullish(),
  previous_response_id: z.string().nullish(),
  stream: z.boolean().nullish(),
  background: z.boolean().nullish(),
  store: z.boolean().nullish(),
  max_output_tokens: z.int().positive().nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: z.union([z.string(), z.looseObject({ name: z.string().optional() })]).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  text: z
    .looseObject({ format: z.looseObject({ type: z.string(), schema: jsonSchema.optional() }).optional() })
    .nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
})

type Body = z.output<typeof responsesRequest>

/** What a responses request asks for. */
export interface ResponsesRequest {
  readonly stream: boolean
  readonly background: boolean
  readonly store: boolean
  readonly previousResponseId: string | undefined
  /** The fields that the response repeats. */
  readonly repeated: Readonly<Record<string, unknown>>
  /** The prompt after the conversation it goes on from. */
  prompt(earlier: readonly PromptMessage[]): Prompt
}

/**
 * Reads a responses request.
 *
 * @throws DemoError with status 400 naming the first field that does not fit.
 */
export async function readResponsesRequest(request: Request): Promise<ResponsesRequest> {
  const body = await parseBody(request, responsesRequest)
  const stream = body.stream ?? false
  return {
    stream,
    background: (body.background ?? false) && !stream,
    store: body.store ?? true,
    previousResponseId: body.previous_response_id ?? undefined,
    repeated: {
      model: demoModelFor(body.model, 'chat'),
      background: body.background ?? false,
      instructions: body.instructions ?? null,
      max_output_tokens: body.max_output_tokens ?? null,
      metadata: body.metadata ?? {},
      parallel_tool_calls: body.parallel_tool_calls ?? true,
      previous_response_id: body.previous_response_id ?? null,
      store: body.store ?? true,
      text: body.text ?? { format: { type: 'text' } },
      tool_choice: body.tool_choice ?? 'auto',
      tools: body.tools ?? [],
    },
    prompt: (earlier) => responsesPrompt(body, earlier),
  }
}

function responsesPrompt(request: Body, earlier: readonly PromptMessage[]): Prompt {
  const format = request.text?.format
  const schema =
    format?.type === 'json_schema' || format?.type === 'json_object' ? (format.schema ?? {}) : undefined
  const system: PromptMessage[] =
    typeof request.instructions === 'string' ? [{ role: 'system', text: request.instructions }] : []
  return {
    model: demoModelFor(request.model, 'chat'),
    messages: [...system, ...earlier, ...inputMessages(request.input ?? '')],
    tools: (request.tools ?? []).flatMap(offeredTool),
    toolChoice: toolChoice(request.tool_choice),
    parallelToolCalls: request.parallel_tool_calls ?? true,
    ...(typeof request.max_output_tokens === 'number' ? { maxTokens: request.max_output_tokens } : {}),
    ...(schema === undefined ? {} : { schema }),
  }
}

function inputMessages(input: NonNullable<Body['input']>): readonly PromptMessage[] {
  if (typeof input === 'string') return [{ role: 'user', text: input }]
  const messages: PromptMessage[] = []
  for (const found of input) {
    if (found.role !== undefined) {
      messages.push({ role: found.role === 'developer' ? 'system' : found.role, text: found.content ?? '' })
    } else if (found.type === 'function_call') {
      const call = { id: found.call_id ?? '', name: found.name ?? '', arguments: found.arguments ?? '' }
      const last = messages.at(-1)
      // Calls that stand together were made together: one step of the assistant.
      if (last?.toolCalls === undefined) messages.push({ role: 'assistant', text: '', toolCalls: [call] })
      else messages[messages.length - 1] = { ...last, toolCalls: [...last.toolCalls, call] }
    } else if (found.type === 'function_call_output') {
      messages.push({ role: 'tool', text: found.output ?? '', toolCallId: found.call_id ?? '' })
    }
  }
  return messages
}

function offeredTool(found: z.output<typeof tool>): OfferedTool[] {
  if (found.type !== 'function' || found.name === undefined) return []
  return [{ name: found.name, description: found.description ?? '', parameters: found.parameters ?? {} }]
}

function toolChoice(choice: Body['tool_choice']): Prompt['toolChoice'] {
  if (choice === 'none' || choice === 'required') return choice
  if (typeof choice === 'object' && choice?.name !== undefined) return { name: choice.name }
  return 'auto'
}
