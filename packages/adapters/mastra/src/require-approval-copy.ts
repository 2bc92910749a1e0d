import { createTool } from '@mastra/core/tools'
import type { Claw } from '@pincer/core'

import { guardedCallsOf, stripInput } from './guard-calls.ts'
import { read } from './guard-context.ts'
import { isRefusalText } from './guard-refusal.ts'

/** How Mastra calls a tool. */
type ExecuteTool = (input: unknown, context: unknown) => unknown

/** What the guard reads of a tool, whichever of Mastra's makers it comes from. */
export interface GuardableTool {
  readonly execute: ExecuteTool
  readonly inputSchema?: unknown
  readonly suspendSchema?: unknown
  readonly resumeSchema?: unknown
  readonly toModelOutput?: unknown
}

/** Tells what this process executes from what a provider does, and from what is no tool. */
export function isGuardable(tool: unknown): tool is GuardableTool {
  return typeof tool === 'object' && tool !== null && 'execute' in tool && typeof tool.execute === 'function'
}

/** How a copy differs from its tool. */
export interface CopyOptions {
  readonly execute: ExecuteTool
  /** True where it may suspend the run. */
  readonly suspends: boolean
  /** True where it asks about each of its calls, so that nobody else has to. */
  readonly alwaysAsks: boolean
}

/** Copies a tool with another `execute`; it is of the same class, and asks by itself. */
export function copyTool(
  claw: Claw,
  name: string,
  tool: GuardableTool,
  { execute, suspends, alwaysAsks }: CopyOptions,
): object {
  const kept = guardedCallsOf(claw)
  const onInputAvailable = (available: { readonly input: unknown }): unknown => {
    stripInput(available.input)
    if (alwaysAsks) kept.mark(available.input)
    const own = read(tool, 'onInputAvailable')
    return typeof own === 'function' ? (Reflect.apply(own, tool, [available]) as unknown) : undefined
  }
  const given = (value: unknown): PropertyDescriptor => ({
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  })
  const { toModelOutput: own } = tool
  const copy: object = Object.create(Object.getPrototypeOf(tool) as object, {
    ...Object.getOwnPropertyDescriptors(tool),
    execute: given(execute),
    onInputAvailable: given(onInputAvailable),
    ...(typeof own === 'function' && {
      toModelOutput: given((output: unknown) =>
        isRefusalText(name, output) ? say(output) : own.call(tool, output),
      ),
    }),
    // Mastra does what can be suspended one after the other.
    ...(suspends && { suspendSchema: given(suspension.suspendSchema) }),
  })
  kept.noteSelfAsking(copy)
  return copy
}

const say = (value: string): object => ({ type: 'text', value })

const suspension = createTool({
  id: 'pincer-suspension',
  description: 'What a guarded tool suspends with.',
  suspendSchema: {
    type: 'object',
    properties: { approvalId: { type: 'string' }, reason: { type: 'string' } },
  } as const,
})
