import { type Method, replaceHidden } from '@pincer/core/wrapping'

import { isSdkThread } from './parse-runner.ts'
import { type ToolWatch, watchParams } from './parse-tools.ts'
import { runTools } from './run-tools.ts'
import type { RequestOptions, Wrapping } from './wrapping.ts'

/** Makes the client's thread, whose turns go through `create`: what is left is to guard the tools of its loops. */
export function makeThread(wrapping: Wrapping, original: Method, params: unknown, options: unknown): unknown {
  const { claw, placement } = wrapping
  const loading = (): Promise<ToolWatch> =>
    import('./tool-calls.ts').then(
      ({ ToolCalls }) =>
        new ToolCalls(
          claw,
          () => placement.parent ?? claw.current(),
          () => [],
        ),
    )
  let tools: Promise<ToolWatch> | undefined
  const watch: ToolWatch = {
    called: async (tool, parameters) => (await (tools ??= loading())).called(tool, parameters),
    refused: (tool, input, error) =>
      void (tools ??= loading()).then(
        (calls) => calls.refused(tool, input, error),
        (fault: unknown) => claw.report(fault, 'anthropic'),
      ),
  }
  return watchThread(wrapping, watch, original(watchParams(params, watch), options))
}

function watchThread(wrapping: Wrapping, watch: ToolWatch, thread: unknown): unknown {
  if (!isSdkThread(thread)) return thread
  const { toolRunner, update, fork } = thread
  replaceHidden(thread, 'toolRunner', (params?: unknown, options?: RequestOptions) =>
    runTools(wrapping, toolRunner.bind(thread), params, options),
  )
  replaceHidden(thread, 'update', (params?: unknown, options?: unknown) =>
    update.call(thread, watchParams(params, watch), options),
  )
  replaceHidden(thread, 'fork', () => watchThread(wrapping, watch, fork.call(thread)))
  return thread
}
