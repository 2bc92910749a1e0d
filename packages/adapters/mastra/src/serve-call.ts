import type { Claw, ToolCall } from '@pincer/core'
import { isRefusal, scrub, tellRefusal } from '@pincer/core/tools'
import { GatewayError, GuardBlockedError } from '@pincer/protocol'

import { convertOutput, type ServedOutput } from './convert-served-output.ts'
import type { ServedCatalog, ServedTool } from './serve-catalog.ts'
import { type CallInput, checkInput, readInput } from './serve-input.ts'
import type { ServeSettings } from './serve-options.ts'
import { perform } from './serve-perform.ts'

/** A call that a gateway's agent wants to make. */
export interface WantedCall {
  readonly name: string
  readonly input: unknown
  readonly signal: AbortSignal
  readonly toolCallId?: string | undefined
  /** The gateway's run that makes it, where it is known. */
  readonly runId?: string | undefined
  readonly sessionKey?: string | undefined
  readonly agentId?: string | undefined
}

/** What came of a call; a failure or refusal is told in words for a model. */
export type CallAnswer =
  | { readonly status: 'ok'; readonly output: ServedOutput }
  | { readonly status: 'error'; readonly message: string }

/** Makes a call. */
export type Caller = (wanted: WantedCall) => Promise<CallAnswer>

const longestName = 128
const longestMessage = 4000

/**
 * Makes what makes the calls: each is checked, recorded below the gateway's run that makes it, asked about, and only then made.
 *
 * It rejects with the signal's reason; everything else is an answer.
 */
export function createCaller(claw: Claw, catalog: ServedCatalog, settings: ServeSettings): Caller {
  let underWay = 0

  async function make(wanted: WantedCall, call: ToolCall, input: () => CallInput): Promise<ServedOutput> {
    const { signal } = wanted
    const served = catalog.get(wanted.name)
    if (served === undefined)
      throw new GatewayError(`there is no tool "${call.name}"; choose one that was listed`, {
        gatewayCode: 'unknown_tool',
      })
    const { timeoutMs, approvalTimeoutMs, requestContext } = settings
    await checkInput(served, input())
    const permitted = await call.authorize({
      signal,
      ...(approvalTimeoutMs !== undefined && { approvalTimeoutMs }),
    })
    const granted = permitted.edited ? readInput(call.name, permitted.input) : input()
    if (permitted.edited) await checkInput(served, granted)
    if (permitted.approvalId === undefined) await refuseUnapproved(served, granted)
    signal.throwIfAborted()
    const place = { toolCallId: call.toolCallId, agentId: wanted.agentId, requestContext, signal }
    const output = await call.within(() => perform(served, granted, timeoutMs, place))
    return convertOutput(served, output)
  }

  return async (wanted) => {
    const { signal, toolCallId, runId: parentRunId, sessionKey, agentId } = wanted
    signal.throwIfAborted()
    if (underWay >= settings.maxCalls)
      return { status: 'error', message: `${settings.maxCalls} calls are under way; call again later` }
    underWay++
    const name = wanted.name.slice(0, longestName)
    const input = readLater(name, wanted.input)
    const run = claw.startRun({
      name,
      ...(parentRunId !== undefined && { parentRunId }),
      ...(sessionKey !== undefined && { sessionKey }),
      ...(agentId !== undefined && { agentId }),
    })
    const risk = catalog.get(wanted.name)?.risk
    const call = run.startToolCall({
      name,
      input: input.shown,
      ...(toolCallId !== undefined && { toolCallId }),
      ...(risk !== undefined && { risk }),
    })
    try {
      const output = await make(wanted, call, input.take)
      call.end({ output: output.value })
      run.end()
      return { status: 'ok', output }
    } catch (error) {
      if (signal.aborted) {
        if (!call.ended) call.cancel('the agent gave the call up')
        run.cancel('the agent gave the call up')
        throw signal.reason
      }
      if (!call.ended) call.fail(error)
      run.fail(error)
      return { status: 'error', message: tell(name, error, input.shown) }
    } finally {
      underWay--
    }
  }
}

/** Reads arguments once; what cannot be taken is thrown where the call is made, so that it is on record. */
function readLater(
  name: string,
  value: unknown,
): { readonly shown: unknown; readonly take: () => CallInput } {
  try {
    const input = readInput(name, value)
    return { shown: input, take: () => input }
  } catch (error) {
    return {
      shown: undefined,
      take: () => {
        throw error
      },
    }
  }
}

// What its author wants a person to approve never runs because nobody was asked.
async function refuseUnapproved({ name, tool }: ServedTool, input: CallInput): Promise<void> {
  const wish: unknown = tool.needsApprovalFn ?? tool.requireApproval
  let wanted: unknown
  try {
    wanted =
      typeof wish === 'function' ? await Reflect.apply(wish, tool, [input, { requestContext: {} }]) : wish
  } catch (error) {
    throw new GuardBlockedError(
      name,
      error instanceof Error ? error.message : 'its approval cannot be decided',
    )
  }
  if (wanted === undefined || wanted === false) return
  throw new GuardBlockedError(name, "it needs a person's approval, and the gateway's guard has asked nobody")
}

function tell(name: string, error: unknown, input: unknown): string {
  if (isRefusal(error)) return tellRefusal(name, error, input)
  const given: unknown = error instanceof Error ? error.message : error
  const words = typeof given === 'string' && given !== '' ? given : `"${name}" failed and gave no reason`
  const told = scrub(words.slice(0, longestMessage), input)
  return words.length > longestMessage ? `${told}…` : told
}
