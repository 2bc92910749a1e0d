import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4Prompt,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
} from '@ai-sdk/provider'
import { type Claw, type ClientOptions, createClient } from '@pincer/core'
import type { ClawEvent, ClawEventOf, ClawEventType, GuardRequest } from '@pincer/protocol'
import { createFakeGateway, type FakeBehaviour, type FakeGateway } from '@pincer/testing'
import {
  generateText,
  isStepCount,
  type ModelMessage,
  streamText,
  type Telemetry,
  tool,
  type Tool,
  ToolLoopAgent,
  type ToolSet,
} from 'ai'
import { z } from 'zod'

import type { PincerApproval } from '../src/approval.ts'

/** A call that a scripted model makes. */
export interface ScriptedCall {
  readonly id: string
  readonly name: string
  readonly args: unknown
}

/** A model that says what it is told to: each turn is a text, or the tool calls it makes. */
export class ScriptedModel implements LanguageModelV4 {
  readonly specificationVersion = 'v4'
  readonly provider = 'scripted.chat'
  readonly modelId = 'model'
  readonly supportedUrls = {}
  readonly turns: readonly (string | readonly ScriptedCall[])[]
  /** What it was given, turn by turn. */
  readonly seen: LanguageModelV4Prompt[] = []

  constructor(...turns: readonly (string | readonly ScriptedCall[])[]) {
    this.turns = turns
  }

  async doGenerate({ prompt }: LanguageModelV4CallOptions): Promise<LanguageModelV4GenerateResult> {
    const content = this.#answer(prompt)
    return { content, finishReason: finishOf(content), usage, warnings: [] }
  }

  async doStream({ prompt }: LanguageModelV4CallOptions): Promise<LanguageModelV4StreamResult> {
    const content = this.#answer(prompt)
    const parts = content.flatMap((part): LanguageModelV4StreamPart[] =>
      part.type === 'text'
        ? [
            { type: 'text-start', id: '1' },
            { type: 'text-delta', id: '1', delta: part.text },
            { type: 'text-end', id: '1' },
          ]
        : [part as LanguageModelV4StreamPart],
    )
    const all: LanguageModelV4StreamPart[] = [
      { type: 'stream-start', warnings: [] },
      ...parts,
      { type: 'finish', finishReason: finishOf(content), usage },
    ]
    return { stream: ReadableStream.from(all) }
  }

  /** What the tools of the newest step told the model: `error-text: …`, `execution-denied: …`, `json: 3`. */
  get told(): readonly string[] {
    const last = this.seen.at(-1) ?? []
    const newest = last.findLastIndex(({ role }) => role === 'assistant')
    return last.slice(newest + 1).flatMap((message) =>
      message.role === 'tool'
        ? message.content.flatMap((part) => {
            if (part.type !== 'tool-result') return []
            const { output } = part
            const value = output.type === 'execution-denied' ? output.reason : output.value
            return [`${output.type}: ${typeof value === 'string' ? value : JSON.stringify(value)}`]
          })
        : [],
    )
  }

  #answer(prompt: LanguageModelV4Prompt): LanguageModelV4Content[] {
    this.seen.push(prompt)
    // Which turn it is stands in the conversation, so that a new process goes on where the last one stopped.
    const turn = this.turns[prompt.filter(({ role }) => role === 'assistant').length] ?? 'done'
    if (typeof turn === 'string') return [{ type: 'text', text: turn }]
    return turn.map(({ id, name, args }) => ({
      type: 'tool-call',
      toolCallId: id,
      toolName: name,
      input: JSON.stringify(args),
    }))
  }
}

const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
}

function finishOf(content: readonly LanguageModelV4Content[]): LanguageModelV4GenerateResult['finishReason'] {
  const unified = content.some(({ type }) => type === 'tool-call') ? 'tool-calls' : 'stop'
  return { unified, raw: unified }
}

/** A tool that adds, and remembers what it was called with. */
export function addTool(inputs: unknown[] = []): Tool<{ a: number; b: number }, number> {
  return tool({
    description: 'Adds two numbers.',
    inputSchema: z.object({ a: z.number(), b: z.number() }),
    execute: (input) => {
      inputs.push(input)
      return input.a + input.b
    },
  })
}

/** One call of {@link addTool}. */
export function addCall(id = 'call_1', a = 1, b = 2): ScriptedCall {
  return { id, name: 'add', args: { a, b } }
}

/** What a program of the AI SDK is made of, for each of its three ways to run one. */
interface Program {
  readonly model: ScriptedModel
  readonly tools: ToolSet
  readonly messages?: readonly ModelMessage[]
  readonly toolApproval?: PincerApproval | undefined
  readonly telemetry?: Telemetry | undefined
  readonly signal?: AbortSignal
}

/** What a program said. */
export interface Said {
  readonly text: string
  readonly finishReason: string
  /** The conversation, ready to be gone on with. */
  readonly messages: readonly ModelMessage[]
  /** The types of the parts of a stream. */
  readonly parts: readonly string[]
}

/** A way to run a program. */
export type Runner = (program: Program) => Promise<Said>

/** What a user says first. */
export const question: readonly ModelMessage[] = [{ role: 'user', content: 'What is 1 + 2?' }]

function settings({ model, tools, toolApproval, telemetry, signal, messages = question }: Program) {
  return {
    call: { messages: [...messages], ...(signal !== undefined && { abortSignal: signal }) },
    about: {
      model,
      tools,
      stopWhen: isStepCount(5),
      maxRetries: 0,
      ...(toolApproval !== undefined && { toolApproval }),
      ...(telemetry !== undefined && { telemetry: { integrations: [telemetry] } }),
    },
  }
}

/** `generateText`. */
export const generate: Runner = async (program) => {
  const { call, about } = settings(program)
  const { text, finishReason, responseMessages } = await generateText({ ...about, ...call })
  return { text, finishReason, parts: [], messages: [...call.messages, ...responseMessages] }
}

/** `streamText`. */
export const stream: Runner = async (program) => {
  const { call, about } = settings(program)
  const parts: string[] = []
  const faults: unknown[] = []
  const result = streamText({ ...about, ...call, onError: ({ error }) => void faults.push(error) })
  for await (const part of result.stream) parts.push(part.type)
  if (faults.length > 0) throw faults[0]
  const messages = [...call.messages, ...(await result.responseMessages)]
  return { text: await result.text, finishReason: await result.finishReason, parts, messages }
}

/** `ToolLoopAgent`. */
export const agent: Runner = async (program) => {
  const { call, about } = settings(program)
  const result = await new ToolLoopAgent(about).generate(call)
  const { text, finishReason, responseMessages } = result
  return { text, finishReason, parts: [], messages: [...call.messages, ...responseMessages] }
}

/** The three ways to run a program, for `describe.each`. */
export const runners: readonly (readonly [string, Runner])[] = [
  ['generateText', generate],
  ['streamText', stream],
  ['ToolLoopAgent', agent],
]

/** The approval requests that a program ended with. */
export function requestsOf({
  messages,
}: Said): readonly { approvalId: string; toolCallId: string; reason?: string }[] {
  return messages.flatMap((message) =>
    message.role === 'assistant' && typeof message.content !== 'string'
      ? message.content.filter((part) => part.type === 'tool-approval-request' && part.isAutomatic !== true)
      : [],
  ) as never
}

/** The same conversation, answered by the chat's user; through JSON, as from a browser. */
export function answered(said: Said, ...answers: readonly boolean[]): readonly ModelMessage[] {
  const content = requestsOf(said).map(({ approvalId }, index) => ({
    type: 'tool-approval-response' as const,
    approvalId,
    approved: answers[index] ?? answers[0] ?? false,
    ...(answers[index] === false && { reason: 'said no' }),
  }))
  return JSON.parse(JSON.stringify([...said.messages, { role: 'tool', content }])) as readonly ModelMessage[]
}

/** A client whose events stay in memory. */
export interface Recorded {
  readonly claw: Claw
  readonly gateway: FakeGateway
  /** Faults that were kept from the host. */
  readonly faults: unknown[]
  readonly of: <Type extends ClawEventType>(type: Type) => Promise<readonly ClawEventOf<Type>[]>
}

export function recorded(options: Partial<ClientOptions> = {}, behaviour: FakeBehaviour = {}): Recorded {
  const faults: unknown[] = []
  const gateway = createFakeGateway(behaviour)
  const claw = createClient({ gateway, onError: (error) => faults.push(error), ...options })
  return {
    claw,
    gateway,
    faults,
    async of<Type extends ClawEventType>(type: Type) {
      await claw.flush({ timeoutMs: 5_000 })
      return gateway.kept.filter((event): event is ClawEvent & ClawEventOf<Type> => event.type === type)
    },
  }
}

/** A client that holds actions to what the guard says. */
export function enforced(behaviour: FakeBehaviour = {}, guard: ClientOptions['guard'] = {}): Recorded {
  return recorded({ guard: { mode: 'enforce', ...guard } }, behaviour)
}

/** A client whose guard asks a person about every question, each under an id of its own: `question_1`, `question_2`. */
export function asking(guard: ClientOptions['guard'] = {}): Recorded {
  const held: { recorded?: Recorded } = {}
  held.recorded = enforced(
    {
      guard: ({ name, toolCallId = '', inputHash = '', sessionKey }: GuardRequest) => {
        const { gateway } = held.recorded!
        const approvalId = `question_${gateway.asked.length}`
        gateway.openApproval({
          approvalId,
          name,
          toolCallId,
          inputHash,
          ...(sessionKey !== undefined && { sessionKey }),
        })
        return { decision: 'require_approval', approvalId, reason: 'sums need a person' }
      },
    },
    guard,
  )
  return held.recorded
}
