import type { Claw } from '@pincer/core'

import type { GuardedCall } from './guard-call.ts'
import { guardedCallsOf } from './guard-calls.ts'
import { read } from './guard-context.ts'

/** A permitted call, and how its tool is entered. */
export interface PermittedCall {
  readonly claw: Claw
  readonly call: GuardedCall
  readonly input: unknown
  /** True where Mastra's run was resumed with an answer about the call, which is nothing for its tool. */
  readonly isAnswered: boolean
  readonly mastraContext: unknown
  readonly act: (input: unknown) => unknown
}

/** Does a permitted call, with the arguments that were permitted, and ends it as the tool ends, unless the tool suspends the run. */
export async function performCall(permitted: PermittedCall): Promise<unknown> {
  const { claw, call, input, isAnswered, mastraContext, act } = permitted
  const agent = read(mastraContext, 'agent')
  const suspend = read(agent, 'suspend')
  let isSuspended = false
  if (typeof agent === 'object' && agent !== null) {
    if (isAnswered) Reflect.set(agent, 'resumeData', undefined)
    if (typeof suspend === 'function')
      Reflect.set(agent, 'suspend', (...given: readonly unknown[]): unknown => {
        isSuspended = true
        return Reflect.apply(suspend, agent, given)
      })
  }
  call.endWithSignal()
  try {
    const output = await call.within(() => act(input))
    if (isSuspended) {
      // Mastra enters the tool again, and what was permitted is not asked about again.
      guardedCallsOf(claw).keep(call)
      call.hold()
    } else call.endWith(output)
    return output
  } catch (error) {
    call.failWith(error)
    throw error
  }
}
