import { Agent } from '@mastra/core/agent'
import type { ToolHooks } from '@mastra/core/tools'
import type { Claw } from '@pincer/core'
import { isRefusal } from '@pincer/core/tools'
import { GuardBlockedError, PincerError } from '@pincer/protocol'

import { GuardedCall } from './guard-call.ts'
import { guardedCallsOf } from './guard-calls.ts'
import { readHookContext } from './guard-context.ts'
import { checkHooksOptions, type GuardHooksOptions, isAskedAbout } from './guard-options.ts'
import { toRefusal } from './guard-refusal.ts'

/** The two hooks that guard the tool calls of an agent. */
export type GuardHooks = Required<Pick<ToolHooks, 'beforeToolCall' | 'afterToolCall'>>

// The methods of an agent that call hooks, any of which tells that this Mastra does.
const callers = ['wrapToolsWithHooks', 'resolveToolHooks', 'getConfiguredToolHooks']

/**
 * Asks the gateway's guard before every tool call of an agent: give it to `new Agent` or to a single call as `hooks`.
 *
 * A refusal is told to the model in words, and recorded; a person who has to be asked is waited for, and arguments that the
 * person puts in are the ones that the tool gets. Tools of `gatewayTools` and `requireApproval` ask by themselves and are not
 * asked about twice. In observe mode it only records. Hooks of a single call take the place of the agent's.
 *
 * It needs Mastra 1.42 or newer, the first that has hooks; older ones are refused, since they would call none.
 *
 * @throws PincerError with code `invalid_option`
 * @example
 * const agent = new Agent({ id, name, instructions, model, tools, hooks: guardHooks(claw, { risk: 'high' }) })
 */
export function guardHooks(claw: Claw, options: GuardHooksOptions = {}): GuardHooks {
  checkHooksOptions(claw, options)
  checkMastra()
  const kept = guardedCallsOf(claw)
  // By what Mastra gives to both hooks of one call.
  const running = new WeakMap<object, GuardedCall>()

  return {
    async beforeToolCall({ toolName: name, input, context }) {
      if (kept.isMarked(input) || !isAskedAbout(claw, options, name, input)) return undefined
      const call = new GuardedCall(claw, options, {
        name,
        input,
        context: readHookContext(context),
        isAhead: true,
      })
      const { signal } = call.wanted.context
      try {
        const permission = await call.authorize()
        if (permission.edited) replaceInput(name, input, permission.input)
      } catch (error) {
        call.fail(error)
        if (signal?.aborted === true) throw signal.reason
        if (!isRefusal(error)) claw.report(error, 'mastra')
        const refusal = toRefusal(name, error, input)
        if (options.onRefused === 'throw') throw refusal
        return { proceed: false, output: refusal.message }
      }
      call.handOver()
      call.endWithSignal()
      if (typeof context === 'object' && context !== null) running.set(context, call)
      return undefined
    },

    afterToolCall({ context, output, error }) {
      const call = typeof context === 'object' && context !== null ? running.get(context) : undefined
      if (call === undefined) return
      running.delete(Object(context))
      if (error === undefined) call.endWith(output)
      else call.failWith(error)
    },
  }
}

// What an agent is given as hooks and does not know, it leaves aside without a word.
function checkMastra(): void {
  if (callers.some((name) => name in Agent.prototype)) return
  throw new PincerError(
    'invalid_option',
    'guardHooks: this @mastra/core calls no hooks; install 1.42 or newer, or give the tools to requireApproval',
  )
}

/** Puts other arguments in the place of the model's: Mastra hands the same object on to the tool, which checks it. */
function replaceInput(name: string, input: unknown, edited: unknown): void {
  const isRecord = (value: unknown): value is object =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isRecord(input) || !isRecord(edited))
    throw new GuardBlockedError(name, 'it was approved with other arguments, and those are no object')
  for (const field of Reflect.ownKeys(input)) Reflect.deleteProperty(input, field)
  for (const [field, value] of Object.entries(edited))
    Object.defineProperty(input, field, { value, enumerable: true, configurable: true, writable: true })
}
