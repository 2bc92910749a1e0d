import { z } from 'zod'
import { DemoError } from './demo-error.ts'
import { demoModelFor } from './demo-models.ts'
import { content, jsonSchema, parseBody } from './parse-body.ts'
import type { OfferedTool, Prompt, PromptMessage } from './prompt.ts'

/** A block of a message's content; only texts, tool calls and their results are read. */
const block = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  id: z.string().optional(),
  name: z.string().optional(),
  input: z.json().optional(),
  tool_use_id: z.string().optional(),
  content: z.unknown().optional(),
})

const message = z.looseObject({
  role: z.enum(['user', 'assistant', 'system']),
  content: z.union([z.string(), z.array(block)]),
})

const tool = z.looseObject({
  name: z.string().optional(),
  description: z.string().nullish(),
  input_schema: jsonSchema.optional(),
})

const messagesRequest = z.looseObject({
  model: z.string(),
  // A turn of a thread may add nothing.
  messages: z.array(message),
  system: content,
  stream: z.boolean().nullish(),
  max_tokens: z.int().positive().nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: z
    .looseObject({
      type: z.string(),
      name: z.string().optional(),
      disable_parallel_tool_use: z.boolean().optional(),
    })
    .nullish(),
  thread: z.looseObject({ type: z.string(), previous_message_id: z.string().optional() }).nullish(),
  thinking: z.looseObject({ type: z.string() }).nullish(),
  output_config: z
    .looseObject({ format: z.looseObject({ schema: jsonSchema.optional() }).nullish() })
    .nullish(),
})

type Body = z.output<typeof messagesRequest>

/** What a request of the Messages API asks for. */
export interface MessagesRequest {
  readonly prompt: Prompt
  readonly stream: boolean
  /** Whether the conversation is kept, to go on by the id of its answer. */
  readonly isThread: boolean
  /** The message that the conversation goes on from. */
  readonly previousMessageId?: string
}

/**
 * Reads a request of the Messages API.
 *
 * @throws DemoError with status 400 naming the first field that does not fit.
 */
export async function readMessagesRequest(request: Request): Promise<MessagesRequest> {
  const body = await parseBody(request, messagesRequest)
  const { previous_message_id: previousMessageId } = body.thread ?? {}
  if (body.messages.length === 0 && previousMessageId === undefined)
    throw new DemoError(400, 'messages: expected at least one message', 'invalid_value', 'messages')
  return {
    prompt: messagesPrompt(body),
    stream: body.stream ?? false,
    isThread: !!body.thread,
    ...(previousMessageId === undefined ? {} : { previousMessageId }),
  }
}

function messagesPrompt(body: Body): Prompt {
  const thinks = body.thinking?.type === 'enabled' || body.thinking?.type === 'adaptive'
  const schema = body.output_config?.format?.schema
  return {
    model: demoModelFor(thinks ? 'pincer-demo-reasoning' : body.model, 'chat'),
    messages: [
      ...(body.system === '' ? [] : [{ role: 'system' as const, text: body.system }]),
      ...body.messages.flatMap(promptMessages),
    ],
    tools: (body.tools ?? []).flatMap(offeredTool),
    toolChoice: toolChoice(body.tool_choice),
    parallelToolCalls: body.tool_choice?.disable_parallel_tool_use !== true,
    ...(body.max_tokens ? { maxTokens: body.max_tokens } : {}),
    ...(schema ? { schema } : {}),
  }
}

// The results of tools stand in the user's message here, and are messages of their own in a prompt.
function promptMessages({ role, content: found }: z.output<typeof message>): PromptMessage[] {
  if (typeof found === 'string') return [{ role, text: found }]
  const text = found.map((part) => (part.type === 'text' ? (part.text ?? '') : '')).join('')
  const toolCalls = found.flatMap(({ type, id, name, input }) =>
    type === 'tool_use' && id !== undefined && name !== undefined
      ? [{ id, name, arguments: JSON.stringify(input ?? {}) }]
      : [],
  )
  const results = found.flatMap((part): PromptMessage[] =>
    part.type === 'tool_result' && part.tool_use_id !== undefined
      ? [{ role: 'tool', text: content.catch('').parse(part.content), toolCallId: part.tool_use_id }]
      : [],
  )
  const said: PromptMessage = { role, text, ...(toolCalls.length === 0 ? {} : { toolCalls }) }
  return results.length > 0 && text === '' ? results : [...results, said]
}

function offeredTool({ name, description, input_schema: parameters }: z.output<typeof tool>): OfferedTool[] {
  return name === undefined || parameters === undefined
    ? []
    : [{ name, description: description ?? '', parameters }]
}

function toolChoice(choice: Body['tool_choice']): Prompt['toolChoice'] {
  if (choice?.type === 'none') return 'none'
  if (choice?.type === 'any') return 'required'
  return choice?.type === 'tool' && choice.name !== undefined ? { name: choice.name } : 'auto'
}
