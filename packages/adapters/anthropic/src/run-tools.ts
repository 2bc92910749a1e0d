import { type Method, replaceHidden } from '@pincer/core/wrapping'

import { inputOf } from './convert-request.ts'
import { isSdkRunner, isSdkThread } from './parse-runner.ts'
import { watchParams } from './parse-tools.ts'
import { ToolCalls } from './tool-calls.ts'
import { ToolLoop } from './tool-loop.ts'
import type { RequestOptions, Wrapping } from './wrapping.ts'

/**
 * Runs the client's tool loop as one run, or inside the run that runs now: its model calls and its tool calls are
 * children of that run, and the guard is asked before a tool acts.
 */
export function runTools(
  wrapping: Wrapping,
  original: Method,
  params: unknown,
  options?: RequestOptions,
): unknown {
  const loop = new ToolLoop(wrapping, inputOf(params ?? {}), options?.signal)
  const tools = new ToolCalls(
    wrapping.claw,
    () => loop.parent,
    () => loop.messages,
  )
  const pincerPlaces = new Map(options?.pincerPlaces).set(wrapping.claw, loop.place)
  const runner = original(watchParams(params, tools), { ...options, pincerPlaces })
  if (isSdkRunner(runner)) loop.follow(runner, tools)
  return runner
}

/** Makes the client's thread, whose turns go through `create`: what is left is to guard the tools of its loops. */
export function makeThread(wrapping: Wrapping, original: Method, params: unknown, options: unknown): unknown {
  const { claw, placement } = wrapping
  const tools = new ToolCalls(
    claw,
    () => placement.parent ?? claw.current(),
    () => [],
  )
  return watchThread(wrapping, tools, original(watchParams(params, tools), options))
}

function watchThread(wrapping: Wrapping, tools: ToolCalls, thread: unknown): unknown {
  if (!isSdkThread(thread)) return thread
  const { toolRunner, update, fork } = thread
  replaceHidden(thread, 'toolRunner', (params?: unknown, options?: RequestOptions) =>
    runTools(wrapping, toolRunner.bind(thread), params, options),
  )
  replaceHidden(thread, 'update', (params?: unknown, options?: unknown) =>
    update.call(thread, watchParams(params, tools), options),
  )
  replaceHidden(thread, 'fork', () => watchThread(wrapping, tools, fork.call(thread)))
  return thread
}
