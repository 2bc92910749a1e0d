import { ToolMessage } from '@langchain/core/messages'
import { DynamicStructuredTool } from '@langchain/core/tools'
import type { Claw } from '@pincer/core'
import {
  callGatewayTool,
  chooseGatewayTools,
  type GatewayToolFilter,
  isRefusal,
  tellRefusal,
} from '@pincer/core/tools'
import {
  describeValue,
  type JsonObject,
  PincerError,
  type ToolCatalog,
  type ToolDescription,
} from '@pincer/protocol'

import { toToolContent } from './gateway-tools-output.ts'
import { GuardedCall } from './guard-call.ts'
import { guardedCallsOf } from './guard-calls.ts'
import { tellToolError } from './guard-error-text.ts'
import { langchainRunOf, taskOf, threadOf } from './guard-runtime.ts'
import { copyTool, type InvokeTool } from './guard-tool-copy.ts'
import { readInvocation } from './guard-tool-input.ts'
import { runTool } from './guard-tool-run.ts'

export type { GatewayToolFilter }

/** How a gateway's tools are called. */
export interface GatewayToolsOptions {
  /** How long to wait for a person where the gateway asks one, in milliseconds; default 600 000. */
  readonly approvalTimeoutMs?: number
}

const defaultApprovalMs = 600_000

type ToolInputSchema = DynamicStructuredTool['schema']

/**
 * The tools of the gateway as tools of LangChain, each with its JSON Schema.
 *
 * The gateway guards them itself: `guardMiddleware` does not ask again. Names that models do not take are changed
 * (`files.read` to `files_read`); the gateway's own name stands in `metadata.gatewayTool`. In an agent, a failure or refusal
 * is a `ToolMessage` with status `error`; elsewhere it is thrown.
 *
 * @throws UnsupportedByGatewayError where the gateway has no tools; PincerError with code `invalid_option`, also where the filter
 * names a tool that the gateway does not have
 * @example
 * const agent = createAgent({ model, tools: await gatewayTools(claw, ['files.read']) })
 */
export async function gatewayTools(
  claw: Claw,
  filter?: GatewayToolFilter,
  options: GatewayToolsOptions = {},
): Promise<DynamicStructuredTool[]> {
  if (!('startToolCall' in Object(claw)))
    throw new PincerError('invalid_option', 'gatewayTools: expected a claw of createClient')
  const approvalTimeoutMs = readTimeout(options)
  const { catalog, tools } = await chooseGatewayTools('gatewayTools', claw.gateway, filter)
  return tools.map(({ tool, modelName }) => convertTool(claw, catalog, tool, modelName, approvalTimeoutMs))
}

function convertTool(
  claw: Claw,
  catalog: ToolCatalog,
  tool: ToolDescription,
  modelName: string,
  approvalTimeoutMs: number,
): DynamicStructuredTool {
  const { name, risk } = tool
  // Models take no empty one.
  const description = tool.description || `${name} tool`
  const about = { name: modelName, description, schema: schemaOf(tool), metadata: { gatewayTool: name } }
  const kept = guardedCallsOf(claw)
  const listed = new DynamicStructuredTool({ ...about, func: async () => '' })
  const copy = copyTool(listed, async (_, input, config) => {
    const { args, toolCallId } = readInvocation(input, config)
    const wanted = {
      toolCallId,
      name,
      input: args,
      threadId: threadOf(config?.configurable),
      origin: taskOf(config?.configurable),
      langchainRunId: langchainRunOf(config?.callbacks),
    }
    const call = new GuardedCall(claw, risk === undefined ? {} : { risk }, wanted)
    const { gateway } = claw
    const signal = config?.signal
    const within = { gateway, catalog, tool, toolCall: call.toolCall, approvalTimeoutMs, signal }
    // One for each invocation, so that it knows its call.
    const called = new DynamicStructuredTool({
      ...about,
      func: async (given: unknown) => toToolContent(await callGatewayTool(within, given as JsonObject)),
    })
    const invoke = called.invoke.bind(called) as InvokeTool
    try {
      return await runTool(call, kept, { args, toolCallId }, config, (given) => invoke(input, given))
    } catch (error) {
      if (toolCallId === undefined || !PincerError.isInstance(error) || signal?.aborted === true) throw error
      const content = isRefusal(error) ? tellRefusal(modelName, error, args) : tellToolError(error, args)
      return new ToolMessage({ content, name: modelName, tool_call_id: toolCallId, status: 'error' })
    }
  })
  kept.exempt(copy, modelName)
  return copy
}

// Models take a schema of an object only.
function schemaOf({ inputSchema }: ToolDescription): ToolInputSchema {
  return { ...inputSchema, type: 'object', properties: inputSchema?.['properties'] ?? {} } as ToolInputSchema
}

function readTimeout(options: GatewayToolsOptions): number {
  const { approvalTimeoutMs = defaultApprovalMs, ...others } = options
  const unknown = Object.keys(others)[0]
  if (unknown !== undefined)
    throw new PincerError(
      'invalid_option',
      `gatewayTools: ${unknown.slice(0, 40)} is no option; it takes approvalTimeoutMs`,
    )
  if (typeof approvalTimeoutMs !== 'number' || !(approvalTimeoutMs > 0))
    throw new PincerError(
      'invalid_option',
      `gatewayTools: approvalTimeoutMs: expected a number greater than zero, found ${describeValue(approvalTimeoutMs)}`,
    )
  return approvalTimeoutMs
}
