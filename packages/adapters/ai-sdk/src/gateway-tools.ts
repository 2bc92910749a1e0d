import { type Context, dynamicTool, type DynamicTool, jsonSchema } from '@ai-sdk/provider-utils'
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

import { GuardedCall } from './approval-call.ts'
import { guardedCallsOf } from './approval-calls.ts'
import { checkClaw } from './claw-argument.ts'
import { checkOutput, toModelOutput } from './gateway-tools-output.ts'
import { toToolCallError } from './guard-tools-error.ts'
import { startedCallOf } from './guard-tools-started.ts'

export type { GatewayToolFilter }

/** How a gateway's tools are called. */
export interface GatewayToolsOptions {
  /** How long to wait for a person where the gateway asks one, in milliseconds; default 600 000. */
  readonly approvalTimeoutMs?: number
  /** The conversation of calls that no telemetry places in a run, such as the chat's id. */
  readonly sessionKey?: string
}

/** A gateway's tools by the names that models know them by. */
export type GatewayTools = Record<string, DynamicTool<unknown, unknown, Context>>

const defaultApprovalMs = 600_000
const optionNames = ['approvalTimeoutMs', 'sessionKey']

/**
 * The tools of the gateway as dynamic tools of the AI SDK, each with its JSON Schema.
 *
 * The gateway guards them itself: `pincerApproval` and `guardTools` do not ask again. Where it asks a person, the call
 * waits. Names that models do not take are changed (`files.read` to `files_read`); the gateway's own name stands in
 * `metadata.gatewayTool`. A failure or refusal is an error whose text is written for the model.
 *
 * @throws UnsupportedByGatewayError where the gateway has no tools; PincerError with code `invalid_option`, also where the filter
 * names a tool that the gateway does not have
 * @example
 * const { text } = await generateText({ model, prompt, tools: await gatewayTools(claw, ['files.read']) })
 */
export async function gatewayTools(
  claw: Claw,
  filter?: GatewayToolFilter,
  options: GatewayToolsOptions = {},
): Promise<GatewayTools> {
  checkClaw('gatewayTools', claw)
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
): DynamicTool<unknown, unknown, Context> {
  const { name, risk } = tool
  const callOptions = { ...(risk !== undefined && { risk }), ...(sessionKey !== undefined && { sessionKey }) }
  const converted = dynamicTool({
    // Models take no empty one.
    description: tool.description || `${name} tool`,
    inputSchema: jsonSchema(schemaOf(tool) as never),
    metadata: { gatewayTool: name },
    async execute(input, { toolCallId, messages, abortSignal: signal }) {
      const wanted = { toolCallId, name, input, messages }
      const call = new GuardedCall(claw, callOptions, wanted)
      const started = startedCallOf(claw, wanted)
      if (started !== undefined) call.adopt(started)
      const { gateway } = claw
      try {
        const within = { gateway, catalog, tool, toolCall: call.toolCall, approvalTimeoutMs, signal }
        const output = checkOutput(await call.within(() => callGatewayTool(within, input as JsonObject)))
        call.endWith(output)
        return output
      } catch (error) {
        call.failWith(error, signal)
        if (signal?.aborted === true) throw signal.reason
        throw toToolCallError(modelName, error, input)
      }
    },
    toModelOutput: ({ output }) => toModelOutput(output as JsonValue),
  })
  guardedCallsOf(claw).exempt(converted)
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
