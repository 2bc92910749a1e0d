import type { Placement } from '@pincer/core'
import { type Method, replaceHidden } from '@pincer/core/wrapping'

import { isSdkRunner, type SdkRunner } from './parse-runner.ts'
import { type ToolWatch, watchParams, watchTool } from './parse-tools.ts'
import type { ToolLoop } from './tool-loop.ts'
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
  const { claw, placement } = wrapping
  const around = placement.parent ?? claw.current()
  let runner: unknown
  let loop: ToolLoop | undefined
  // Loaded while the model answers. Without it no tool is called: none may act before the guard was asked.
  const loading = import('./tool-loop.ts').then(
    (module) => (loop = new module.ToolLoop(wrapping, { params, around, signal: options?.signal, runner })),
  )
  loading.catch((error: unknown) => claw.report(error, 'anthropic'))
  const watch: ToolWatch = {
    called: async (tool, parameters) => (await loading).tools.called(tool, parameters),
    refused: (tool, input, error) =>
      void loading.then(
        ({ tools }) => tools.refused(tool, input, error),
        () => {},
      ),
  }
  // The run of a loop is there once it is iterated, and its model calls come later still.
  const place: Placement = Object.defineProperty({}, 'parent', {
    enumerable: true,
    get: () => around ?? loop?.parent,
  })
  const pincerPlaces = new Map(options?.pincerPlaces).set(claw, place)
  runner = original(watchParams(params, watch), { ...options, pincerPlaces })
  if (isSdkRunner(runner)) followRunner(runner, watch, loading)
  return runner
}

// The runner stays the object it is.
function followRunner(runner: SdkRunner, watch: ToolWatch, loading: Promise<ToolLoop>): void {
  const { addTools, setMessagesParams } = runner
  const iterate = runner[Symbol.asyncIterator].bind(runner)
  replaceHidden(runner, Symbol.asyncIterator, () => {
    const source = iterate()
    const following = loading.then(
      (loop) => loop.follow(source),
      () => source,
    )
    const watched: AsyncIterator<unknown> = Object.create(source)
    for (const name of ['next', 'return', 'throw'] as const)
      if (source[name]) watched[name] = async (value?: unknown) => (await following)[name]!(value)
    return watched
  })
  replaceHidden(runner, 'setMessagesParams', (change: unknown) =>
    setMessagesParams.call(
      runner,
      typeof change === 'function'
        ? (params: unknown) => watchParams(change(params), watch)
        : watchParams(change, watch),
    ),
  )
  if (addTools)
    replaceHidden(runner, 'addTools', (...added: readonly unknown[]) =>
      addTools.apply(
        runner,
        added.map((tool) => watchTool(tool, watch)),
      ),
    )
}
