import { z } from 'zod'
import { demoModelFor } from './demo-models.ts'
import { content, jsonSchema, parseBody } from './parse-body.ts'
import type { OfferedTool, Prompt, PromptMessage } from './prompt.ts'

const toolCall = z.looseObject({
  id: z.string(),
  function: z.looseObject({ name: z.string(), arguments: z.string() }).optional(),
})

const message = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
  content,
  tool_calls: z.array(toolCall).nullish(),
  tool_call_id: z.string().optional(),
})

const tool = z.looseObject({
  type: z.string(),
  function: z
    .looseObject({ name: z.string(), description: z.string().nullish(), parameters: jsonSchema.nullish() })
    .optional(),
})

const limit = z.int().positive().nullish()

const chatRequest = z.looseObject({
  model: z.string(),
  messages: z.array(message).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  n: z.int().min(1).max(8).nullish(),
  max_tokens: limit,
  max_completion_tokens: limit,
  tools: z.array(tool).nullish(),
  tool_choice: z
    .union([z.string(), z.looseObject({ function: z.looseObject({ name: z.string() }).optional() })])
    .nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  response_format: z
    .looseObject({
      type: z.string(),
      json_schema: z.looseObject({ schema: jsonSchema.optional() }).optional(),
    })
    .nullish(),
})

type Body = z.output<typeof chatRequest>

/** What a chat completion request asks for. */
export interface ChatRequest {
  readonly prompt: Prompt
  readonly stream: boolean
  /** Whether the stream ends with a usage chunk. */
  readonly includeUsage: boolean
  readonly choices: number
}

/**
 * Reads a chat completion request.
 *
 * @throws DemoError with status 400 naming the first field that does not fit.
 */
export async function readChatRequest(request: Request): Promise<ChatRequest> {
  const body = await parseBody(request, chatRequest)
  return {
    prompt: chatPrompt(body),
    stream: body.stream ?? false,
    includeUsage: body.stream_options?.include_usage ?? false,
    choices: body.n ?? 1,
  }
}

function chatPrompt(request: Body): Prompt {
  const maxTokens = request.max_completion_tokens ?? request.max_tokens ?? undefined
  const format = request.response_format
  const schema =
    format?.type === 'json_schema' || format?.type === 'json_object'
      ? (format.json_schema?.schema ?? {})
      : undefined
  return {
    model: demoModelFor(request.model, 'chat'),
    messages: request.messages.map(promptMessage),
    tools: (request.tools ?? []).flatMap(offeredTool),
    toolChoice: toolChoice(request.tool_choice),
    parallelToolCalls: request.parallel_tool_calls ?? true,
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(schema === undefined ? {} : { schema }),
  }
}

function promptMessage(found: z.output<typeof message>): PromptMessage {
  const { role } = found
  const calls = (found.tool_calls ?? []).flatMap((call) =>
    call.function === undefined
      ? []
      : [{ id: call.id, name: call.function.name, arguments: call.function.arguments }],
  )
  return {
    role: role === 'developer' ? 'system' : role === 'function' ? 'tool' : role,
    text: found.content,
    ...(calls.length === 0 ? {} : { toolCalls: calls }),
    ...(found.tool_call_id === undefined ? {} : { toolCallId: found.tool_call_id }),
  }
}

function offeredTool(found: z.output<typeof tool>): OfferedTool[] {
  if (found.function === undefined) return []
  const { name, description, parameters } = found.function
  return [{ name, description: description ?? '', parameters: parameters ?? {} }]
}

function toolChoice(choice: Body['tool_choice']): Prompt['toolChoice'] {
  if (choice === 'none' || choice === 'required') return choice
  if (typeof choice === 'object' && choice?.function !== undefined) return { name: choice.function.name }
  return 'auto'
}
