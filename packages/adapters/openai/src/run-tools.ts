import type { Run } from '@pincer/core'

import { isSdkRunner, type SdkRunner } from './parse-sdk.ts'
import { messagesOf, watchTools } from './parse-tools.ts'
import { type Method, parentKey, type RequestOptions, type Wrapping } from './wrapping.ts'

/**
 * Runs the client's tool loop as one run, or inside the run that runs now: its model calls and its tool calls are
 * children of that run, and the guard is asked before a tool acts.
 */
export function runTools(
  { claw, options: given }: Wrapping,
  original: Method,
  body: unknown,
  options?: RequestOptions,
): unknown {
  const held: { runner?: SdkRunner } = {}
  let parent = options?.[parentKey] ?? given.parent
  let own: Run | undefined
  try {
    parent ??=
      claw.current() ?? (own = claw.startRun({ name: given.runName ?? 'runTools', input: messagesOf(body) }))
  } catch (error) {
    claw.report(error, 'openai: starting a run')
  }
  // Loaded while the model answers. Without it no tool is called: none may act before the guard was asked.
  const loading = import('./tool-loop.ts').then(({ ToolLoop }) => new ToolLoop(claw, parent, held))
  loading.catch((error: unknown) => claw.report(error, 'openai: watching tools'))
  const watched = watchTools(body, (name, call, parse) => ({
    call: async (...parameters) => (await loading).call(name, call, parse, parameters),
    parse: parse && (async (text) => (await loading).parse(name, parse, text)),
  }))
  try {
    const start = (): unknown => original(watched, { ...options, ...(parent && { [parentKey]: parent }) })
    const runner = own === undefined ? start() : own.within(start)
    if (isSdkRunner(runner)) held.runner = runner
    endWithRunner(own, held.runner)
    return runner
  } catch (error) {
    own?.fail(error)
    throw error
  }
}

// Only `end` is listened to: a listener of `error` or `abort`, or `done()`, would hide the failure from the host.
function endWithRunner(run: Run | undefined, runner: SdkRunner | undefined): void {
  if (run === undefined) return
  if (runner === undefined) return run.end()
  let failure: unknown
  const emit = runner._emit.bind(runner)
  runner._emit = (event, ...values) => {
    if (event === 'error') failure = values[0]
    return emit(event, ...values)
  }
  runner.on('end', () => {
    const output: unknown = runner.messages.findLast((message) => message?.role === 'assistant')?.content
    if (runner.aborted) run.cancel('aborted', { output })
    else if (runner.errored) run.fail(failure, { output })
    else run.end({ output })
  })
}
