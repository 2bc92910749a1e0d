import type { PublicSchema } from '@mastra/core/schema'
import { createTool, type Tool } from '@mastra/core/tools'
import type { Claw } from '@pincer/core'
import { callGatewayTool, chooseGatewayTools, type GatewayToolFilter } from '@pincer/core/tools'
import {
  checkOptionNames,
  describeValue,
  type JsonObject,
  type JsonValue,
  PincerError,
  type ToolCatalog,
  type ToolDescription,
} from '@pincer/protocol'

import { checkOutput, toModelOutput } from './gateway-tools-output.ts'
import { GuardedCall } from './guard-call.ts'
import { guardedCallsOf, stripInput } from './guard-calls.ts'
import { readToolContext } from './guard-context.ts'
import { toToolCallError } from './guard-refusal.ts'
import { annotationsOf } from './tool-risk.ts'

export type { GatewayToolFilter }

/** How a gateway's tools are called. */
export interface GatewayToolsOptions {
  /** How long to wait for a person where the gateway asks one, in milliseconds; default 600 000. */
  readonly approvalTimeoutMs?: number
  /** The conversation of calls outside any recorded run; the thread of Mastra's memory when absent. */
  readonly sessionKey?: string
}

/** A gateway's tools by the names that models know them by. */
export type GatewayTools = Record<string, Tool>

const defaultApprovalMs = 600_000
const optionNames = ['approvalTimeoutMs', 'sessionKey']

/**
 * The tools of the gateway as tools of Mastra, each with its JSON Schema: a toolset of one call, or the tools of an agent.
 *
 * The gateway guards them itself: `guardHooks` and `requireApproval` do not ask again. Where it asks a person, the call waits.
 * Names that models do not take are changed (`files.read` to `files_read`); the gateway's own name stands in
 * `mcp.annotations.title`. A failure or refusal is an error whose text is written for the model. Each call of this function
 * gives the tools that the gateway has now: given to an agent as a function, they follow the gateway from run to run.
 *
 * @throws UnsupportedByGatewayError where the gateway has no tools; PincerError with code `invalid_option`, also where the filter
 * names a tool that the gateway does not have
 * @example
 * const agent = new Agent({ id, name, instructions, model, tools: () => gatewayTools(claw, ['files.read']) })
 * await agent.generate('What is new?', { toolsets: { pincer: await gatewayTools(claw) } })
 */
export async function gatewayTools(
  claw: Claw,
  filter?: GatewayToolFilter,
  options: GatewayToolsOptions = {},
): Promise<GatewayTools> {
  checkClaw(claw)
  checkOptions(options)
  const { catalog, tools } = await chooseGatewayTools('gatewayTools', claw.gateway, filter)
  return Object.fromEntries(
    tools.map(({ tool, modelName }) => [modelName, convertTool(claw, catalog, tool, modelName, options)]),
  )
}

function convertTool(
  claw: Claw,
  catalog: ToolCatalog,
  tool: ToolDescription,
  modelName: string,
  { approvalTimeoutMs = defaultApprovalMs, sessionKey }: GatewayToolsOptions,
): Tool {
  const { name, risk } = tool
  const callOptions = { ...(risk !== undefined && { risk }), ...(sessionKey !== undefined && { sessionKey }) }
  const kept = guardedCallsOf(claw)
  const converted = createTool({
    id: modelName,
    // Models take no empty one.
    description: tool.description || `${name} tool`,
    inputSchema: schemaOf(tool) as PublicSchema<unknown>,
    mcp: { annotations: { title: name, ...annotationsOf(risk) } },
    onInputAvailable({ input }) {
      stripInput(input)
      kept.mark(input)
    },
    toModelOutput: (output) => toModelOutput(output as JsonValue),
    async execute(given, mastraContext) {
      const context = readToolContext(mastraContext)
      const { signal } = context
      const input = kept.unmark(given) as JsonObject
      const call = new GuardedCall(claw, callOptions, { name, modelName, input, context })
      const { gateway } = claw
      try {
        signal?.throwIfAborted()
        const within = { gateway, catalog, tool, toolCall: call.toolCall, approvalTimeoutMs, signal }
        const output = checkOutput(await call.within(() => callGatewayTool(within, input)))
        call.endWith(output)
        return output
      } catch (error) {
        call.failWith(error)
        if (signal?.aborted === true) throw signal.reason
        throw toToolCallError(modelName, error, input)
      }
    },
  })
  kept.noteSelfAsking(converted)
  return converted
}

// Models take a schema of an object only.
function schemaOf({ inputSchema }: ToolDescription): JsonObject {
  const given: unknown = inputSchema
  const isObject = typeof given === 'object' && given !== null && !Array.isArray(given)
  const schema = isObject ? (given as JsonObject) : {}
  return { ...schema, type: 'object', properties: schema['properties'] ?? {} }
}

function checkOptions(options: GatewayToolsOptions): void {
  checkOptionNames('gatewayTools()', options, optionNames)
  const { approvalTimeoutMs = defaultApprovalMs, sessionKey } = options
  if (typeof approvalTimeoutMs !== 'number' || !(approvalTimeoutMs > 0))
    throw new PincerError(
      'invalid_option',
      `gatewayTools: approvalTimeoutMs: expected a number greater than zero, found ${describeValue(approvalTimeoutMs)}`,
    )
  if (sessionKey !== undefined && (typeof sessionKey !== 'string' || sessionKey === ''))
    throw new PincerError(
      'invalid_option',
      `gatewayTools: sessionKey: expected a text, found ${describeValue(sessionKey)}`,
    )
}

function checkClaw(claw: unknown): void {
  if (!('startToolCall' in Object(claw)))
    throw new PincerError(
      'invalid_option',
      `gatewayTools: expected a claw of createClient, found ${describeValue(claw)}`,
    )
}
