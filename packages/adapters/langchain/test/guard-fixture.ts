import { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { AIMessage, type BaseMessage, ToolMessage } from '@langchain/core/messages'
import type { ChatResult } from '@langchain/core/outputs'
import { type StructuredToolInterface, tool } from '@langchain/core/tools'
import { type Claw, type ClientOptions, createClient } from '@pincer/core'
import type { ClawEvent, ClawEventOf, ClawEventType } from '@pincer/protocol'
import { createFakeGateway, type FakeBehaviour, type FakeGateway } from '@pincer/testing'
import { z } from 'zod'

/** A call that a scripted model makes. */
export interface ScriptedCall {
  readonly id: string
  readonly name: string
  readonly args: Record<string, unknown>
}

/** A chat model that says what it is told to: each turn is a text, or the tool calls it makes. */
export class ScriptedModel extends BaseChatModel {
  readonly turns: readonly (string | readonly ScriptedCall[])[]
  /** What it was given, turn by turn. */
  readonly seen: BaseMessage[][] = []

  constructor(...turns: readonly (string | readonly ScriptedCall[])[]) {
    super({})
    this.turns = turns
  }

  override _llmType(): string {
    return 'scripted'
  }

  override bindTools(): this {
    return this
  }

  override async _generate(messages: BaseMessage[]): Promise<ChatResult> {
    // Which turn it is stands in the conversation, so that a new process goes on where the last one stopped.
    const turn = this.turns[messages.filter((message) => AIMessage.isInstance(message)).length] ?? 'done'
    this.seen.push(messages)
    const message =
      typeof turn === 'string'
        ? new AIMessage(turn)
        : new AIMessage({ content: '', tool_calls: turn.map((call) => ({ ...call, type: 'tool_call' })) })
    return { generations: [{ text: message.text, message }] }
  }

  /** The newest tool messages the model was given. */
  get answers(): readonly ToolMessage[] {
    const messages = this.seen.at(-1) ?? []
    const last = messages.findLastIndex((message) => AIMessage.isInstance(message))
    return messages.slice(last + 1).filter((message) => ToolMessage.isInstance(message))
  }
}

/** A tool that adds, and remembers what it was called with. */
export function addTool(calls: unknown[] = []): StructuredToolInterface {
  return tool(
    (input) => {
      calls.push(input)
      return String(input.a + input.b)
    },
    { name: 'add', description: 'Adds two numbers.', schema: z.object({ a: z.number(), b: z.number() }) },
  )
}

/** One call of {@link addTool}. */
export function addCall(id = 'call_1', a = 1, b = 2): ScriptedCall {
  return { id, name: 'add', args: { a, b } }
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

/** A message of a user. */
export const question: { messages: { role: 'user'; content: string }[] } = {
  messages: [{ role: 'user', content: 'What is 1 + 2?' }],
}
