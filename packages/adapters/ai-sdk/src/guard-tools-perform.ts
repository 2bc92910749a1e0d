import type { ToolExecutionOptions } from '@ai-sdk/provider-utils'

import type { GuardedCall } from './approval-call.ts'

type Execute = (input: unknown, given: ToolExecutionOptions<unknown>) => unknown

/** A call that may happen, and the arguments it may happen with. */
export interface Permitted {
  readonly call: GuardedCall
  readonly input: unknown
}

/**
 * Does a permitted call, with the arguments that were permitted, and ends it as the tool ends; gives what the tool gives: a
 * value, a promise or a stream.
 */
export function perform(
  { call, input }: Permitted,
  act: Execute,
  given: ToolExecutionOptions<unknown>,
): unknown {
  // A program may call a tool with less than the AI SDK does.
  const { abortSignal } = (given ?? {}) as Partial<typeof given>
  let output: unknown
  try {
    output = call.within(() => act(input, given))
  } catch (error) {
    call.failWith(error, abortSignal)
    throw error
  }
  if (isStream(output)) return endWithStream(call, output, abortSignal)
  if (output instanceof Promise) return endWithPromise(call, output, abortSignal)
  call.endWith(output)
  return output
}

/** Tells what the AI SDK takes for a stream of outputs. */
export function isStream(value: unknown): value is AsyncIterable<unknown> {
  try {
    return (
      typeof value === 'object' &&
      value !== null &&
      typeof Reflect.get(value, Symbol.asyncIterator) === 'function'
    )
  } catch {
    return false
  }
}

/** The last value of a stream, which is its output. */
export async function lastOf(stream: AsyncIterable<unknown>): Promise<unknown> {
  let last: unknown
  for await (const value of stream) last = value
  return last
}

async function endWithPromise(
  call: GuardedCall,
  promise: Promise<unknown>,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  try {
    const output = await promise
    call.endWith(output)
    return output
  } catch (error) {
    call.failWith(error, signal)
    throw error
  }
}

async function* endWithStream(
  call: GuardedCall,
  stream: AsyncIterable<unknown>,
  signal: AbortSignal | undefined,
): AsyncGenerator {
  const iterator = stream[Symbol.asyncIterator]()
  let last: unknown
  let isLeft = true
  try {
    for (;;) {
      // What the tool starts between two values stands below it too.
      const { done, value } = await call.within(() => iterator.next())
      if (done === true) break
      yield (last = value)
    }
    isLeft = false
    call.endWith(last)
  } catch (error) {
    isLeft = false
    call.failWith(error, signal)
    throw error
  } finally {
    if (isLeft) {
      await iterator.return?.()
      call.endWith(last)
    }
  }
}
