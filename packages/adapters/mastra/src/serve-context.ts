import { RequestContext } from '@mastra/core/request-context'
import { PincerError } from '@pincer/protocol'

import type { ServedTool } from './serve-catalog.ts'

/** What a call is made with, beside its arguments. */
export interface CallPlace {
  readonly toolCallId: string
  readonly agentId: string | undefined
  readonly requestContext: RequestContext | undefined
  readonly signal: AbortSignal
  /** True for a tool that asks the guard by itself: it then waits for people, because it finds nothing to suspend. */
  readonly isAsking: boolean
}

/** The second argument of a tool's `execute`, as Mastra gives it where an agent calls. */
export function createCallContext({ name, tool, mastra }: ServedTool, place: CallPlace): object {
  const { toolCallId, agentId = '', requestContext = new RequestContext(), signal, isAsking } = place
  const suspend = async (): Promise<never> => {
    throw new PincerError(
      'gateway',
      `"${name}" wants to suspend, which a gateway's agent cannot wait for; let the guard ask a person instead`,
    )
  }
  return {
    mastra: mastra ?? tool.mastra,
    requestContext,
    abortSignal: signal,
    tracingContext: {},
    observe: { span: async (_: string, work: () => unknown) => work(), log() {} },
    agent: { agentId, toolCallId, messages: [], ...(!isAsking && { suspend }) },
    ...(!isAsking && { suspend }),
  }
}
