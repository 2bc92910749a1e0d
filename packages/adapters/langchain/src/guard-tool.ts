import { ToolMessage } from '@langchain/core/messages'
import type { Claw } from '@pincer/core'
import { isRefusal, tellRefusal } from '@pincer/core/tools'
import { describeValue, PincerError } from '@pincer/protocol'

import { GuardedCall } from './guard-call.ts'
import { guardedCallsOf } from './guard-calls.ts'
import { checkToolOptions, type GuardToolOptions } from './guard-options.ts'
import { langchainRunOf, taskOf, threadOf } from './guard-runtime.ts'
import { copyTool, type InvokableTool } from './guard-tool-copy.ts'
import { type Invocation, readInvocation } from './guard-tool-input.ts'
import { runTool } from './guard-tool-run.ts'

/**
 * Gives a tool back that asks the gateway's guard before it acts; the given one stays as it is.
 *
 * It is of the same class, with the same name, description and schema, and works inside and outside of agents. A refused
 * call that a model made is answered by a `ToolMessage` with status `error`; one that a program made throws.
 *
 * @throws PincerError with code `invalid_option`; when it is called GuardBlockedError, ApprovalDeniedError,
 * ApprovalTimeoutError or GuardUnavailableError, or the signal's reason
 * @example
 * const guarded = guardTool(sendMail, claw, { risk: 'high' })
 * await guarded.invoke({ to: 'Ada' })
 */
export function guardTool<Tool extends InvokableTool>(
  tool: Tool,
  claw: Claw,
  options: GuardToolOptions = {},
): Tool {
  checkToolOptions(claw, options)
  if (typeof Object(tool).invoke !== 'function')
    throw new PincerError(
      'invalid_option',
      `guardTool: expected a tool such as tool(…), found ${describeValue(tool)}`,
    )
  const kept = guardedCallsOf(claw)
  return copyTool(tool, async (original, input, config) => {
    const invocation = readInvocation(input, config)
    const { args, toolCallId } = invocation
    if (kept.isPermitted(toolCallId, args)) return original(input, config)
    const wanted = {
      toolCallId,
      name: tool.name,
      input: args,
      threadId: threadOf(config?.configurable),
      origin: taskOf(config?.configurable),
      langchainRunId: langchainRunOf(config?.callbacks),
    }
    const call = kept.take(wanted) ?? new GuardedCall(claw, options, wanted)
    let allowed = invocation
    try {
      const { edited, input: used } = await call.authorize({ signal: config?.signal })
      if (edited) allowed = readInvocation(invocation.replace(used), config)
    } catch (error) {
      call.fail(error, config?.signal)
      const onRefused = options.onRefused ?? (toolCallId === undefined ? 'throw' : 'message')
      if (onRefused === 'throw' || config?.signal?.aborted === true || !isRefusal(error)) throw error
      return answerRefusal(tool.name, invocation, error)
    }
    return runTool(call, kept, allowed, config, (given) => original(allowed.input, given))
  })
}

function answerRefusal(name: string, { toolCallId, args }: Invocation, error: unknown): unknown {
  const content = tellRefusal(name, error, args)
  if (toolCallId === undefined) return content
  return new ToolMessage({ content, name, tool_call_id: toolCallId, status: 'error' })
}
