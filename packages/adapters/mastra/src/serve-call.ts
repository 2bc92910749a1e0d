import type { Claw, Run, ToolCall } from '@pincer/core'
import { isRefusal, scrub, tellRefusal } from '@pincer/core/tools'
import { GatewayError } from '@pincer/protocol'

import { convertOutput, type ServedOutput } from './convert-served-output.ts'
import { guardedCallsOf } from './guard-calls.ts'
import { isRefusalText } from './guard-refusal.ts'
import type { ServedCatalog, ServedTool } from './serve-catalog.ts'
import { type CallInput, checkInput, readInput } from './serve-input.ts'
import type { ServeSettings } from './serve-options.ts'
import { perform } from './serve-perform.ts'
import { askPermission } from './serve-permission.ts'

/** A call that a gateway's agent wants to make. */
interface WantedCall {
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

  async function make(
    wanted: WantedCall,
    served: ServedTool,
    run: Run,
    call: ToolCall | undefined,
  ): Promise<ServedOutput> {
    const { signal, agentId, toolCallId = call?.toolCallId ?? run.runId } = wanted
    const { timeoutMs, approvalTimeoutMs, requestContext } = settings
    const input = readInput(served.name, wanted.input)
    await checkInput(served, input)
    const granted = await askPermission(served, call, input, { signal, approvalTimeoutMs })
    signal.throwIfAborted()
    const place = { toolCallId, agentId, requestContext, signal, isAsking: call === undefined }
    const output = await (call ?? run).within(() => perform(served, granted, timeoutMs, place))
    if (call === undefined && isRefusalText(served.name, output))
      throw new GatewayError(output, { gatewayCode: 'refused' })
    return convertOutput(served, output)
  }

  async function record(wanted: WantedCall): Promise<CallAnswer> {
    const { signal, toolCallId, runId: parentRunId, sessionKey, agentId } = wanted
    const name = wanted.name.slice(0, longestName)
    const served = catalog.get(wanted.name)
    const input = showInput(name, wanted.input)
    const run = claw.startRun({
      name,
      ...(parentRunId !== undefined && { parentRunId }),
      ...(sessionKey !== undefined && { sessionKey }),
      ...(agentId !== undefined && { agentId }),
    })
    // Tools of requireApproval and gatewayTools record their calls, and ask about them, by themselves.
    const isAsking = served !== undefined && guardedCallsOf(claw).isSelfAsking(served.tool)
    const risk = served?.risk
    const call = isAsking
      ? undefined
      : run.startToolCall({
          name,
          input,
          ...(toolCallId !== undefined && { toolCallId }),
          ...(risk !== undefined && { risk }),
        })
    try {
      if (served === undefined) throw unknownTool(name)
      const output = await make(wanted, served, run, call)
      call?.end({ output: output.value })
      run.end()
      return { status: 'ok', output }
    } catch (error) {
      // What the guard refused has ended already.
      const open = call?.ended === false ? call : undefined
      if (signal.aborted) {
        open?.cancel('the agent gave the call up')
        run.cancel('the agent gave the call up')
        throw signal.reason
      }
      open?.fail(error)
      run.fail(error)
      return { status: 'error', message: tell(name, error, input) }
    }
  }

  return async (wanted) => {
    wanted.signal.throwIfAborted()
    if (underWay >= settings.maxCalls)
      return { status: 'error', message: `${settings.maxCalls} calls are under way; call again later` }
    underWay++
    try {
      return await record(wanted)
    } finally {
      underWay--
    }
  }
}

// What cannot be taken is not recorded either.
function showInput(name: string, value: unknown): CallInput | undefined {
  try {
    return readInput(name, value)
  } catch {
    return undefined
  }
}

function unknownTool(name: string): GatewayError {
  return new GatewayError(`there is no tool "${name}"; choose one that was listed`, {
    gatewayCode: 'unknown_tool',
  })
}

function tell(name: string, error: unknown, input: unknown): string {
  if (isRefusal(error)) return tellRefusal(name, error, input)
  const given: unknown = error instanceof Error ? error.message : error
  const words = typeof given === 'string' && given !== '' ? given : `"${name}" failed and gave no reason`
  const told = scrub(words.slice(0, longestMessage), input)
  return words.length > longestMessage ? `${told}…` : told
}
