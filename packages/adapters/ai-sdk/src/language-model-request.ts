import {
  InvalidPromptError,
  type LanguageModelV4CallOptions,
  NoSuchModelError,
  type SharedV4Warning,
} from '@ai-sdk/provider'
import type { Claw } from '@pincer/core'
import type { AgentRunner, AgentRunRequest, Gateway, SessionMessage } from '@pincer/protocol'

import { newMessages } from './convert-prompt-session.ts'
import { convertPrompt } from './convert-prompt.ts'
import { offerTools } from './language-model-tools.ts'
import { settingWarnings, wantsThinking } from './language-model-warnings.ts'
import type { PincerOptions } from './provider-options.ts'

/** Whom a call is for. */
export interface Callee {
  readonly gateway: Gateway
  readonly runner: AgentRunner
  readonly agent: string
  readonly claw: Claw | undefined
}

/** What an agent is asked, and what is known of its answer before it comes. */
export interface PreparedRequest {
  readonly request: Omit<AgentRunRequest, 'signal'>
  readonly warnings: readonly SharedV4Warning[]
  readonly json: 'object' | 'any' | undefined
  readonly tellsTools: boolean
}

/**
 * The part of a gateway that runs agents.
 *
 * @throws NoSuchModelError where the gateway runs none
 */
export function runnerOf({ agents, name }: Gateway, agent: string): AgentRunner {
  if (agents !== undefined) return agents
  throw new NoSuchModelError({
    modelId: agent,
    modelType: 'languageModel',
    message: `the gateway "${name}" runs no agents, so that there is no agent "${agent}"`,
  })
}

/**
 * Turns a call of the AI SDK into what the agent is asked.
 *
 * @throws InvalidPromptError where nothing is asked; UnsupportedFunctionalityError for what runs of agents do not take
 */
export async function toRunRequest(
  { gateway, runner, agent, claw }: Callee,
  options: LanguageModelV4CallOptions,
  pincer: PincerOptions,
): Promise<PreparedRequest> {
  const { prompt, reasoning, responseFormat, abortSignal } = options
  const { sessionKey, timeoutMs, model, label } = pincer
  const takes = new Set(runner.takes)
  const offered = offerTools(options, takes.has('tools'), gateway.name)
  const told = sessionKey === undefined ? prompt : await newMessages(prompt, sessionKey, gateway, abortSignal)
  const schema = responseFormat?.type === 'json' ? responseFormat.schema : undefined
  const json = responseFormat?.type !== 'json' ? undefined : schema?.type === 'object' ? 'object' : 'any'
  const wanted = [offered.instruction, json && askForJson(schema)].filter((text) => text !== undefined)
  const input = withInstructions(convertPrompt(told, gateway.name, prompt), wanted)
  if (input.every(({ role }) => role === 'system'))
    throw new InvalidPromptError({
      prompt,
      message: 'nothing is asked of the agent; add a message of the user',
    })
  const thinking = pincer.thinking ?? (wantsThinking(options) ? reasoning : undefined)
  const parentRunId = claw?.current()?.runId
  return {
    request: {
      agentId: agent,
      input,
      ...(sessionKey !== undefined && { sessionKey }),
      ...(model !== undefined && takes.has('model') && { model }),
      ...(offered.tools.length > 0 && { tools: offered.tools }),
      ...(timeoutMs !== undefined && takes.has('timeoutMs') && { timeoutMs }),
      ...(parentRunId !== undefined && takes.has('parentRunId') && { parentRunId }),
      ...(thinking !== undefined && takes.has('thinking') && { thinking }),
      ...(label !== undefined && takes.has('label') && { label }),
    },
    warnings: [...settingWarnings(options, pincer, takes, gateway.name), ...offered.warnings],
    json,
    tellsTools: offered.tellsTools,
  }
}

/** What the agent is told where its answer must be JSON. */
function askForJson(schema: object | undefined): string {
  if (schema === undefined) return 'Answer this with one JSON value, and with nothing else.'
  return `Answer this with one JSON value that follows this JSON Schema, and with nothing else: ${JSON.stringify(schema)}`
}

// Instructions come first, but not between a call and its answer, where no model takes them.
function withInstructions(messages: readonly SessionMessage[], texts: readonly string[]): SessionMessage[] {
  const all = [...texts.map((text): SessionMessage => ({ role: 'system', text })), ...messages]
  const start = all.findIndex(({ role }) => role !== 'system' && role !== 'tool')
  const head = start < 0 ? all : all.slice(0, start)
  const answers = head.filter(({ role }) => role === 'tool')
  return [...answers, ...head.filter(({ role }) => role === 'system'), ...all.slice(head.length)]
}
