import { GatewayError } from '@pincer/protocol'

import type { ServedTool } from './serve-catalog.ts'
import { type CallPlace, createCallContext } from './serve-context.ts'
import type { CallInput } from './serve-input.ts'

/**
 * Executes a permitted call; a tool that does not heed its signal is left alone, and its late answer ignored.
 *
 * @throws what the tool throws, GatewayError `tool_timed_out`, or the signal's reason
 */
export async function perform(
  served: ServedTool,
  input: CallInput,
  timeoutMs: number,
  place: CallPlace,
): Promise<unknown> {
  const { name, tool } = served
  const execute: ((given: never, context: never) => Promise<unknown>) | undefined = tool.execute
  const late = new AbortController()
  const signal = AbortSignal.any([place.signal, late.signal])
  const stopped = Promise.withResolvers<never>()
  const stop = (): void => stopped.reject(signal.reason)
  const timer = setTimeout(() => {
    const words = `"${name}" took longer than ${timeoutMs} ms, and was given up`
    late.abort(new GatewayError(words, { gatewayCode: 'tool_timed_out' }))
  }, timeoutMs)
  signal.addEventListener('abort', stop, { once: true })
  try {
    signal.throwIfAborted()
    const context = createCallContext(served, { ...place, signal })
    // A copy of its own: what it does to its arguments must not change what was permitted.
    const work = Promise.resolve().then(() =>
      Reflect.apply(execute ?? missing, tool, [structuredClone(input), context]),
    )
    return await Promise.race([work, stopped.promise])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}

function missing(): never {
  throw new TypeError('the tool has no execute')
}
