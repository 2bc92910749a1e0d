import type { Run } from '@pincer/core'
import type { Method } from '@pincer/core/wrapping'

import { type CallableTool, messagesOf, watchTools } from './parse-tools.ts'
import type { ToolLoop } from './tool-loop.ts'
import type { RequestOptions, Wrapping } from './wrapping.ts'

/**
 * Runs the client's tool loop as one run, or inside the run that runs now: its model calls and its tool calls are
 * children of that run, and the guard is asked before a tool acts.
 */
export function runTools(
  { claw, placement, placeKey }: Wrapping,
  original: Method,
  body: unknown,
  options?: RequestOptions,
): unknown {
  let parent = placement.parent ?? claw.current()
  let own: Run | undefined
  let runner: unknown
  let loop: ToolLoop | undefined
  const report = (error: unknown): void => {
    claw.report(error, 'openai')
    own?.fail(error)
  }
  try {
    parent ??= own = claw.startRun({ name: placement.runName ?? 'runTools', input: messagesOf(body) })
  } catch (error) {
    report(error)
  }
  // Loaded while the model answers. Without it no tool is called: none may act before the guard was asked.
  const loading = import('./tool-loop.ts').then(
    (module) => (loop = new module.ToolLoop(claw, parent, runner, own)),
  )
  const ready = loading.catch(report)
  const watch = (tool: CallableTool): CallableTool => {
    const { parse } = tool
    return {
      ...tool,
      call: async (...parameters) => (await loading).call(tool, parameters),
      parse: parse && ((text) => (loop ? loop.parse(tool, text) : parse(text))),
    }
  }
  try {
    const start = (): unknown =>
      original(watchTools(body, watch), { ...options, [placeKey]: { ...(parent && { parent }), ready } })
    runner = own ? own.within(start) : start()
    return runner
  } catch (error) {
    own?.fail(error)
    throw error
  }
}
