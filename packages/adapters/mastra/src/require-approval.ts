import type { Claw } from '@pincer/core'
import { describeValue, PincerError } from '@pincer/protocol'

import { GuardedCall, type WantedCall } from './guard-call.ts'
import { guardedCallsOf } from './guard-calls.ts'
import { readToolContext } from './guard-context.ts'
import { checkApprovalOptions, isAskedAbout, type RequireApprovalOptions } from './guard-options.ts'
import { toRefusal } from './guard-refusal.ts'
import { copyTool, type GuardableTool, isGuardable } from './require-approval-copy.ts'
import { type Entry, enterCall } from './require-approval-enter.ts'
import { checkEdited, normalizeInput } from './require-approval-input.ts'
import { performCall } from './require-approval-perform.ts'
import { riskOf } from './tool-risk.ts'

/**
 * Gives Mastra tools back that ask the gateway's guard before they act; the given ones stay as they are.
 *
 * Where a person has to be asked, the run is suspended with a `tool-call-approval`, and gone on with by the agent's
 * `approveToolCall` or `declineToolCall`, in another process too: the answer is told to the gateway, where the first answer
 * wins. Tools that suspend by themselves, and calls outside of agents, wait for the gateway instead. A refused call gives
 * words for the model. In observe mode it only records.
 *
 * Mastra needs a storage, and the agent in a `Mastra`, to suspend. A tool's own `requireApproval` keeps its say.
 *
 * @throws PincerError with code `invalid_option`
 * @example
 * const agent = new Agent({ id, name, instructions, model, tools: requireApproval(claw, { sendMail }) })
 * const mastra = new Mastra({ agents: { agent }, storage })
 */
export function requireApproval<Tools extends object>(
  claw: Claw,
  tools: Tools,
  options: RequireApprovalOptions = {},
): Tools {
  checkApprovalOptions(claw, options)
  if (typeof tools !== 'object' || tools === null || Array.isArray(tools))
    throw new PincerError(
      'invalid_option',
      `requireApproval: expected tools by name, found ${describeValue(tools)}`,
    )
  const copies = Object.entries(tools).map(([name, tool]) => [name, guardTool(claw, name, tool, options)])
  return Object.fromEntries(copies) as Tools
}

function guardTool(claw: Claw, name: string, tool: unknown, options: RequireApprovalOptions): unknown {
  const kept = guardedCallsOf(claw)
  const { tools } = options
  const isLeftOut = typeof tools === 'object' && !tools.includes(name)
  if (!isGuardable(tool) || kept.isSelfAsking(tool) || isLeftOut) return tool
  const risk = options.risk ?? riskOf(tool)
  const rated = risk === undefined ? options : { ...options, risk }
  // What a tool suspends with and is resumed with itself has a schema, which an approval does not fit.
  const isOwnSuspender = tool.suspendSchema !== undefined || tool.resumeSchema !== undefined
  const suspends = !isOwnSuspender && options.ask !== 'wait'
  const decidedBy = options.decidedBy

  async function execute(given: unknown, mastraContext: unknown): Promise<unknown> {
    const context = readToolContext(mastraContext)
    const isResumed = context.resumeData !== undefined && context.resumeData !== null
    const unmarked = kept.unmark(given)
    const input = isResumed ? await normalizeInput(tool as GuardableTool, unmarked) : unmarked
    const wanted: WantedCall = { name, input, context }
    const act = (value: unknown): unknown => (tool as GuardableTool).execute(value, mastraContext)
    const known = kept.take(wanted)
    if (known === undefined && !isAskedAbout(claw, options, name, input)) return act(given)
    const call = known?.resume(wanted) ?? new GuardedCall(claw, rated, wanted)
    let entry: Entry
    try {
      entry = await enterCall({ claw, call, isKnown: known !== undefined, suspends, decidedBy })
      if (entry.status === 'permitted' && entry.edited)
        entry = { ...entry, input: await checkEdited(tool as GuardableTool, name, entry.input) }
    } catch (error) {
      call.fail(error)
      if (context.signal?.aborted === true) throw context.signal.reason
      const refusal = toRefusal(name, error, input)
      if (options.onRefused === 'throw') throw refusal
      return refusal.message
    }
    if (entry.status === 'permitted') return performCall({ ...entry, claw, call, mastraContext, act })
    call.approvalId = entry.approvalId
    kept.keep(call)
    call.hold()
    return context.suspend?.(entry.payload, {
      requireToolApproval: { toolCallId: context.toolCallId, toolName: name, args: input },
      // Mastra then brings a denial back here, too, and the answer with it.
      runId: context.mastraRunId,
    })
  }

  // What a function leaves out, the hooks have to ask about.
  return copyTool(claw, name, tool, { execute, suspends, alwaysAsks: typeof tools !== 'function' })
}
