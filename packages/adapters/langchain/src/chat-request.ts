import type { BaseMessage } from '@langchain/core/messages'
import type { Claw } from '@pincer/core'
import {
  type AgentRunRequest,
  type Gateway,
  type SessionMessage,
  UnsupportedByGatewayError,
} from '@pincer/protocol'

import { toSessionMessages } from './chat-messages.ts'
import { checkCallOptions, type ClawCallOptions } from './chat-options.ts'
import { newMessages } from './chat-session.ts'
import { askForJson } from './chat-structured-output.ts'
import { offerTools, toToolDefinition } from './chat-tools.ts'

/** Whom a call is for. */
export interface Callee {
  readonly gateway: Gateway
  readonly agent: string
  readonly claw: Claw | undefined
}

/** The options of a call, with those of the model where the call has none. */
export type RequestOptions = Pick<
  ClawCallOptions,
  'tools' | 'tool_choice' | 'stop' | 'sessionKey' | 'model' | 'timeoutMs' | 'outputSchema' | 'signal'
>

/**
 * Turns a call of LangChain into what the agent is asked.
 *
 * @throws PincerError with code `invalid_option`, or UnsupportedByGatewayError for what runs of agents do not take
 */
export async function toRunRequest(
  { gateway, agent, claw }: Callee,
  messages: readonly BaseMessage[],
  options: RequestOptions,
): Promise<Omit<AgentRunRequest, 'signal'>> {
  checkCallOptions(options)
  const { sessionKey, model, timeoutMs, stop, outputSchema, signal } = options
  if (stop !== undefined && stop.length > 0)
    throw new UnsupportedByGatewayError(gateway.name, 'stop sequences', 'leave `stop` out')
  const offered = offerTools((options.tools ?? []).map(toToolDefinition), options.tool_choice)
  const told =
    typeof sessionKey === 'string' ? await newMessages(messages, sessionKey, gateway, signal) : messages
  const wanted = [offered.instruction, outputSchema && askForJson(outputSchema)].filter(
    (text) => text !== undefined,
  )
  const parentRunId = claw?.current()?.runId
  return {
    agentId: agent,
    input: withInstructions(toSessionMessages(told, gateway.name), wanted),
    ...(typeof sessionKey === 'string' && { sessionKey }),
    ...(model !== undefined && { model }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(offered.tools.length > 0 && { tools: offered.tools }),
    ...(parentRunId !== undefined && { parentRunId }),
  }
}

// Instructions come first, but not between a call and its answer, where no model takes them.
function withInstructions(messages: readonly SessionMessage[], texts: readonly string[]): SessionMessage[] {
  const all = [...texts.map((text): SessionMessage => ({ role: 'system', text })), ...messages]
  const start = all.findIndex(({ role }) => role !== 'system' && role !== 'tool')
  const head = start < 0 ? all : all.slice(0, start)
  const answers = head.filter(({ role }) => role === 'tool')
  return [...answers, ...head.filter(({ role }) => role === 'system'), ...all.slice(head.length)]
}
