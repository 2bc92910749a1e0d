import { Agent } from '@mastra/core/agent'
import { Mastra } from '@mastra/core/mastra'
import { type MastraCompositeStore, InMemoryStore } from '@mastra/core/storage'
import { createTool, type Tool } from '@mastra/core/tools'
import { type Claw, type ClientOptions, createClient } from '@pincer/core'
import type { ClawEvent, ClawEventOf, ClawEventType, GuardRequest } from '@pincer/protocol'
import { createFakeGateway, type FakeBehaviour, type FakeGateway } from '@pincer/testing'
import { z } from 'zod'

process.env['MASTRA_TELEMETRY_DISABLED'] = '1'

/** A call that a scripted model makes. */
export interface ScriptedCall {
  readonly id: string
  readonly name: string
  readonly args: unknown
}

interface Said {
  readonly role: string
  readonly content: unknown
}

type Part = Readonly<Record<string, unknown>>

/** A model that says what it is told to: each turn is a text, or the tool calls it makes. */
export class ScriptedModel {
  readonly specificationVersion = 'v2'
  readonly provider = 'scripted.chat'
  readonly modelId = 'model'
  readonly supportedUrls = {}
  readonly turns: readonly (string | readonly ScriptedCall[])[]
  /** What it was given, turn by turn. */
  readonly seen: (readonly Said[])[] = []
  /** The names of the tools that it was offered, turn by turn. */
  readonly offered: (readonly string[])[] = []

  constructor(...turns: readonly (string | readonly ScriptedCall[])[]) {
    this.turns = turns
  }

  async doGenerate(call: { readonly prompt: readonly Said[] }): Promise<object> {
    const content = this.#answer(call)
    return { content, finishReason: finishOf(content), usage, warnings: [] }
  }

  async doStream(call: { readonly prompt: readonly Said[] }): Promise<object> {
    const content = this.#answer(call)
    const parts = content.flatMap((part) =>
      part['type'] === 'text'
        ? [
            { type: 'text-start', id: '1' },
            { type: 'text-delta', id: '1', delta: part['text'] },
            { type: 'text-end', id: '1' },
          ]
        : [part],
    )
    const all = [
      { type: 'stream-start', warnings: [] },
      ...parts,
      { type: 'finish', finishReason: finishOf(content), usage },
    ]
    return { stream: ReadableStream.from(all) }
  }

  /** What the tools of the newest step told the model, as JSON. */
  get told(): readonly string[] {
    const last = this.seen.at(-1) ?? []
    const newest = last.findLastIndex(({ role }) => role === 'assistant')
    return last.slice(newest + 1).flatMap(({ role, content }) =>
      role === 'tool' && Array.isArray(content)
        ? (content as readonly Part[]).map((part) => {
            const { type, value, reason } = Object(part['output'])
            return `${type}: ${typeof value === 'string' ? value : JSON.stringify(value === undefined ? reason : value)}`
          })
        : [],
    )
  }

  #answer(call: { readonly prompt: readonly Said[]; readonly tools?: readonly Part[] }): readonly Part[] {
    const { prompt, tools = [] } = call
    this.seen.push(prompt)
    this.offered.push(tools.map(({ name }) => String(name)))
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

const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 }

function finishOf(content: readonly Part[]): string {
  return content.some(({ type }) => type === 'tool-call') ? 'tool-calls' : 'stop'
}

/** A tool that adds, and remembers what it was called with. */
export function addTool(inputs: unknown[] = [], more: object = {}): Tool {
  return createTool({
    id: 'add',
    description: 'Adds two numbers.',
    inputSchema: z.object({ a: z.number(), b: z.number() }),
    ...more,
    execute: async (input) => {
      inputs.push(input)
      return input.a + input.b
    },
  }) as unknown as Tool
}

/** One call of {@link addTool}. */
export function addCall(id = 'call_1', a = 1, b = 2): ScriptedCall {
  return { id, name: 'add', args: { a, b } }
}

/** What an agent is made of. */
export interface Program {
  readonly model: ScriptedModel
  readonly tools: unknown
  readonly hooks?: object
  readonly storage?: MastraCompositeStore
  readonly more?: object
}

/** An agent of a whole Mastra. */
export function agentOf({ model, tools, hooks, storage = new InMemoryStore(), more = {} }: Program): Agent {
  const agent = new Agent({
    id: 'sums',
    name: 'sums',
    instructions: 'Add.',
    model: model as never,
    tools: tools as never,
    ...(hooks !== undefined && { hooks }),
    ...more,
  })
  const mastra = new Mastra({ agents: { sums: agent }, storage, logger: false })
  return mastra.getAgent('sums') as Agent
}

/** What came of a run. */
export interface Came {
  readonly runId: string
  readonly text: string
  readonly finishReason: string | undefined
  /** The types of the chunks of the stream. */
  readonly types: readonly string[]
  /** The questions by which it was suspended. */
  readonly questions: readonly {
    readonly toolCallId: string
    readonly toolName: string
    readonly args: unknown
  }[]
}

interface Streaming {
  readonly runId: string
  readonly text: Promise<string>
  readonly finishReason: Promise<string | undefined>
  readonly fullStream: AsyncIterable<{ readonly type: string; readonly payload?: unknown }>
}

/** Reads a stream to its end. */
export async function readStream(streaming: unknown): Promise<Came> {
  const output = (await streaming) as Streaming
  const types: string[] = []
  const questions: Came['questions'][number][] = []
  for await (const { type, payload } of output.fullStream) {
    types.push(type)
    if (type === 'tool-call-approval') questions.push(payload as never)
  }
  const [text, finishReason] = await Promise.all([output.text, output.finishReason])
  return { runId: output.runId, text, finishReason, types, questions }
}

/** Runs an agent by `stream`. */
export function ask(agent: Agent, options: object = {}): Promise<Came> {
  return readStream(agent.stream('What is 1 + 2?', { maxSteps: 5, ...options } as never))
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
