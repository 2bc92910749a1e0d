import type { Authorization } from '../authorization.ts'
import type { Claw } from '../claw.ts'
import type { Parent } from '../parent.ts'
import type { ToolCall } from '../tool-call.ts'

/** A call that a client's tool loop makes of a tool. */
interface LoopToolCall {
  readonly name: string
  /** The arguments, as the model gave them. */
  readonly input: unknown
  /** The model's id of the call, where it is known. */
  readonly toolCallId: string | undefined
  readonly parent: Parent | undefined
  readonly signal: AbortSignal | undefined
  /** Calls the tool as the loop would. */
  call(): unknown
  /** Calls the tool with the arguments that an approver gave it instead. */
  callWith(input: unknown): unknown
  /** What the loop gets in place of a result where the guard says no; the refusal is thrown when absent. */
  refused?(refusal: unknown): unknown
}

/** Records a tool call of a client's loop, asks the guard before it acts, and calls the tool; `where` names the adapter. */
export async function callLoopTool(claw: Claw, where: string, tool: LoopToolCall): Promise<unknown> {
  const { signal } = tool
  const toolCall = startLoopTool(claw, where, tool)
  let authorization: Authorization
  try {
    authorization = await authorize(claw, toolCall, tool)
  } catch (error) {
    if (tool.refused) return tool.refused(error)
    throw error
  }
  const call = (): unknown => (authorization.edited ? tool.callWith(authorization.input) : tool.call())
  if (toolCall === undefined) return call()
  try {
    const output = await toolCall.within(call)
    toolCall.end({ output })
    return output
  } catch (error) {
    if (signal?.aborted) toolCall.cancel('aborted')
    else toolCall.fail(error)
    throw error
  }
}

/** Starts a tool call of a client's loop; `undefined` where it cannot be recorded, which is reported. */
export function startLoopTool(
  claw: Claw,
  where: string,
  { name, input, toolCallId, parent }: Pick<LoopToolCall, 'name' | 'input' | 'toolCallId' | 'parent'>,
): ToolCall | undefined {
  try {
    return claw.startToolCall({
      name,
      input,
      ...(parent && { parent }),
      ...(toolCallId !== undefined && { toolCallId }),
    })
  } catch (error) {
    claw.report(error, where)
    return undefined
  }
}

// A call that could not be recorded is guarded all the same.
function authorize(
  claw: Claw,
  toolCall: ToolCall | undefined,
  { name, input, signal }: LoopToolCall,
): Promise<Authorization> {
  const options = signal === undefined ? {} : { signal }
  if (toolCall !== undefined) return toolCall.authorize(options)
  return claw.guard({ kind: 'tool_call', name, input }, options)
}
