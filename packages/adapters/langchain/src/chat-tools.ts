import type { ToolDefinition } from '@langchain/core/language_models/base'
import type { BindToolsInput, ToolChoice } from '@langchain/core/language_models/chat_models'
import { convertToOpenAITool } from '@langchain/core/utils/function_calling'
import { describeValue, type JsonObject, PincerError, type ToolDescription } from '@pincer/protocol'

/**
 * Turns what LangChain calls a tool into a definition: tools, `{ name, schema }`, and the formats of OpenAI and Anthropic.
 *
 * @throws PincerError with code `invalid_option` for anything else, such as tools that a provider runs itself
 */
export function toToolDefinition(tool: BindToolsInput): ToolDefinition {
  const { type, function: found, name, description, input_schema: input, parameters = input } = Object(tool)
  const converted: unknown =
    type === undefined && typeof name === 'string' && parameters !== undefined
      ? { type: 'function', function: { name, description, parameters } }
      : type === 'function' && found === undefined
        ? { type, function: { name, description, parameters } }
        : convertToOpenAITool(tool)
  if (isDefinition(converted)) return converted
  throw new PincerError(
    'invalid_option',
    `ChatClaw: expected a tool with a name and a schema, found ${typeof type === 'string' ? `a tool of type "${type.slice(0, 40)}"` : describeValue(tool)}`,
  )
}

/** The tools of a call, and what the agent is told about them. */
export interface OfferedTools {
  readonly tools: readonly ToolDescription[]
  /** What stands in for a choice that gateways have no word for. */
  readonly instruction?: string
}

/**
 * The tools that are offered to the agent; a choice of one tool offers that one alone.
 *
 * @throws PincerError with code `invalid_option` where the chosen tool is not among them
 */
export function offerTools(
  definitions: readonly ToolDefinition[],
  choice: ToolChoice | undefined,
): OfferedTools {
  const tools = definitions.map(describeTool)
  if (choice === undefined || choice === 'auto') return { tools }
  if (choice === 'none') return { tools: [] }
  if (choice === 'any' || choice === 'required')
    return { tools, instruction: 'Answer this with a call of one of the tools of the caller, not in words.' }
  const name: unknown = typeof choice === 'string' ? choice : (choice['function']?.name ?? choice['name'])
  const chosen = tools.find((tool) => tool.name === name)
  if (chosen !== undefined)
    return {
      tools: [chosen],
      instruction: `Answer this with a call of the tool "${chosen.name}", not in words.`,
    }
  throw new PincerError(
    'invalid_option',
    `ChatClaw: tool_choice: expected auto, any, none or the name of a bound tool, found ${describeValue(name)}`,
  )
}

function isDefinition(value: unknown): value is ToolDefinition {
  const { type, function: found } = Object(value)
  return type === 'function' && typeof found?.name === 'string' && found.name !== ''
}

function describeTool({ function: { name, description, parameters } }: ToolDefinition): ToolDescription {
  // Schemas hold more than JSON, such as what checks them.
  const schema: unknown = parameters === undefined ? {} : JSON.parse(JSON.stringify(parameters))
  return {
    name,
    ...(typeof description === 'string' && description !== '' && { description }),
    inputSchema: { ...(schema as JsonObject), type: 'object' },
  }
}
