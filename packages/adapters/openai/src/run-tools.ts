import type { Run } from '@pincer/core'

import { isSdkRunner, type SdkRunner } from './parse-sdk.ts'
import { messagesOf, type ToolFunction, watchTools } from './parse-tools.ts'
import type { LoopState, ToolLoop } from './tool-loop.ts'
import { type Method, parentKey, type RequestOptions, type Wrapping } from './wrapping.ts'

/**
 * Runs the client's tool loop as one run, or inside the run that runs now: its model calls and its tool calls are
 * children of that run, and the guard is asked before a tool acts.
 */
export function runTools(
  { claw, placement }: Wrapping,
  original: Method,
  body: unknown,
  options?: RequestOptions,
): unknown {
  let parent = options?.[parentKey] ?? placement.parent
  let own: Run | undefined
  try {
    parent ??=
      claw.current() ?? (own = claw.startRun({ name: placement.runName ?? 'runTools', input: messagesOf(body) }))
  } catch (error) {
    claw.report(error, 'openai: starting a run')
  }
  const held: LoopState = { parsed: [] }
  // Loaded while the model answers. Without it no tool is called: none may act before the guard was asked.
  const loading = import('./tool-loop.ts').then(({ ToolLoop }) => new ToolLoop(claw, parent, held))
  loading.catch((error: unknown) => claw.report(error, 'openai: watching tools'))
  const watched = watchTools(body, (name, call, parse) => ({
    call: async (...parameters) => (await loading).call(name, call, parse, parameters),
    parse: parse && ((text) => parseArguments(name, text, parse, held, loading)),
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

// As synchronous as the tool's own parser, which the client calls more often than it calls the tool.
function parseArguments(
  name: string,
  text: unknown,
  parse: ToolFunction,
  held: LoopState,
  loading: Promise<ToolLoop>,
): unknown {
  const keep = (value: unknown): unknown => {
    held.parsed.push({ name, text, value })
    return value
  }
  const fail = (error: unknown): never => {
    loading.then(
      (loop) => loop.refuse(name, text, error),
      () => {},
    )
    throw error
  }
  let value: unknown
  try {
    value = parse(text)
  } catch (error) {
    return fail(error)
  }
  return value instanceof Promise ? value.then(keep, fail) : keep(value)
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
