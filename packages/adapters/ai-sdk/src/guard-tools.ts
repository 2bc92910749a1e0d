import type { ToolExecutionOptions, ToolSet } from '@ai-sdk/provider-utils'
import type { Claw } from '@pincer/core'
import { describeValue, PincerError } from '@pincer/protocol'

import { GuardedCall, type WantedCall } from './approval-call.ts'
import { guardedCallsOf } from './approval-calls.ts'
import { checkGuardToolsOptions, type GuardToolsOptions, isAskedAbout } from './approval-options.ts'
import { ToolCallError, toToolCallError } from './guard-tools-error.ts'
import { checkEdited } from './guard-tools-edited.ts'
import { isStream, lastOf, perform, type Permitted } from './guard-tools-perform.ts'
import { startedCallOf } from './guard-tools-started.ts'

type Given = ToolExecutionOptions<unknown>
type Execute = (input: unknown, given: Given) => unknown

/**
 * Gives tools back that ask the gateway's guard before they act; the given ones stay as they are.
 *
 * A person who has to be asked is waited for, and arguments that the person puts in are the ones that the tool gets. A
 * refused call throws an error whose text is written for the model. Together with {@link pincerApproval} nobody is asked
 * twice. Tools without `execute`, and what a provider executes, stay what they are. In observe mode it only records.
 *
 * @throws PincerError with code `invalid_option`; the tools, when they are called, PincerError with code `guard_blocked`,
 * `approval_denied`, `approval_timed_out` or `guard_unavailable`, or the signal's reason
 * @example
 * const { text } = await generateText({ model, prompt, tools: guardTools(claw, { sendMail }, { risk: 'high' }) })
 */
export function guardTools<Tools extends ToolSet>(
  claw: Claw,
  tools: Tools,
  options: GuardToolsOptions = {},
): Tools {
  checkGuardToolsOptions(claw, options)
  if (typeof tools !== 'object' || tools === null || Array.isArray(tools))
    throw new PincerError(
      'invalid_option',
      `guardTools: expected tools by name, found ${describeValue(tools)}`,
    )
  // One tool by itself looks much like tools by name, and would be left unguarded.
  const wrong = Object.entries<unknown>(tools).find(([, tool]) => typeof tool !== 'object' || tool === null)
  if (wrong !== undefined)
    throw new PincerError(
      'invalid_option',
      `guardTools: expected tools by name, such as { lookUp: tool({ … }) }; of these ${JSON.stringify(wrong[0].slice(0, 64))} is ${describeValue(wrong[1])}`,
    )
  const guarded = Object.entries(tools).map(([name, tool]) => [name, guardTool(claw, name, tool, options)])
  return Object.fromEntries(guarded) as Tools
}

function guardTool(
  claw: Claw,
  name: string,
  tool: ToolSet[string],
  options: GuardToolsOptions,
): ToolSet[string] {
  const kept = guardedCallsOf(claw)
  const original = tool.execute as Execute | undefined
  if (typeof original !== 'function' || kept.isGuarded(tool) || kept.isExempt(tool)) return tool
  const act: Execute = original.bind(tool)

  async function open(
    wanted: WantedCall,
    signal: AbortSignal | undefined,
    permitted: GuardedCall | undefined,
  ): Promise<Permitted> {
    const call = permitted ?? new GuardedCall(claw, options, wanted)
    const started = permitted === undefined ? startedCallOf(claw, wanted) : undefined
    if (started !== undefined) call.adopt(started)
    try {
      const { input, edited } = await call.authorize(signal === undefined ? {} : { signal })
      return { call, input: edited ? await checkEdited(tool, name, input) : input }
    } catch (error) {
      call.failWith(error, signal)
      if (signal?.aborted === true) throw signal.reason
      throw toToolCallError(name, error, wanted.input)
    }
  }

  function answer(error: unknown): string {
    if (options.onRefused === 'output' && error instanceof ToolCallError) return error.message
    throw error
  }

  async function waitAndAct(given: Given, opening: Promise<Permitted>): Promise<unknown> {
    let permitted: Permitted
    try {
      permitted = await opening
    } catch (error) {
      return answer(error)
    }
    const output = perform(permitted, act, given)
    // Too late for a stream: the AI SDK was given a promise, and takes the last value.
    return isStream(output) ? lastOf(output) : output
  }

  async function* waitAndStream(
    given: Given,
    wanted: WantedCall,
    known: GuardedCall | undefined,
  ): AsyncGenerator {
    let permitted: Permitted
    try {
      permitted = await open(wanted, (given as Partial<Given> | undefined)?.abortSignal, known)
    } catch (error) {
      yield answer(error)
      return
    }
    yield* perform(permitted, act, given) as AsyncIterable<unknown>
  }

  const isGenerator = Object.prototype.toString.call(original) === '[object AsyncGeneratorFunction]'
  const execute: Execute = (input, given) => {
    const { toolCallId = crypto.randomUUID(), messages = [], abortSignal } = (given ?? {}) as Partial<Given>
    const wanted = { toolCallId, name, input, messages }
    const call = kept.takePermitted(wanted)
    if (call === undefined && !isAskedAbout(claw, options, name, input)) return act(input, given)
    // So that a function which gives a stream is known by what it gives.
    if (call?.granted?.edited === false) return perform({ call, input: call.granted.input }, act, given)
    if (isGenerator) return waitAndStream(given, wanted, call)
    return waitAndAct(given, open(wanted, abortSignal, call))
  }
  const copy = Object.create(Object.getPrototypeOf(tool) as object, {
    ...Object.getOwnPropertyDescriptors(tool),
    execute: { value: execute, enumerable: true, configurable: true, writable: true },
  }) as ToolSet[string]
  kept.noteGuarded(copy)
  return copy
}
