import { type LocalGateway, localGateway } from '@pincer/local-gateway'
import { eventually } from '@pincer/testing'
import {
  AbstractChat,
  type ChatState,
  type ChatStatus,
  DefaultChatTransport,
  isToolUIPart,
  lastAssistantMessageIsCompleteWithApprovalResponses,
} from 'ai'

import { type ChatHandlerOptions, createChatHandler } from '../src/ui-chat-handler.ts'
import type { ClawUIMessage } from '../src/ui-message-metadata.ts'

type ToolPart = Extract<ClawUIMessage['parts'][number], { toolCallId: string }>
type Fetch = (url: string, init?: RequestInit) => Promise<Response>

/** What `useChat` keeps in React, kept in plain fields. */
class PlainState implements ChatState<ClawUIMessage> {
  status: ChatStatus = 'ready'
  error: Error | undefined
  messages: ClawUIMessage[]

  constructor(messages: ClawUIMessage[]) {
    this.messages = messages
  }

  pushMessage = (message: ClawUIMessage): void => {
    this.messages = [...this.messages, message]
  }

  popMessage = (): void => {
    this.messages = this.messages.slice(0, -1)
  }

  replaceMessage = (index: number, message: ClawUIMessage): void => {
    // A copy, as React needs it: what is shown is never changed in place.
    this.messages = this.messages.with(index, structuredClone(message))
  }

  snapshot = <Thing>(thing: Thing): Thing => structuredClone(thing)
}

/** The chat of `useChat` without React. */
export class TestChat extends AbstractChat<ClawUIMessage> {
  constructor(handler: (request: Request) => Promise<Response>, id: string, messages: ClawUIMessage[] = []) {
    super({
      id,
      state: new PlainState(messages),
      transport: new DefaultChatTransport({ api: '/api/chat', fetch: fetchOf(handler) as typeof fetch }),
      sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
    })
  }

  /** The tool calls of all messages. */
  get calls(): readonly ToolPart[] {
    return this.messages.flatMap(({ parts }) => parts.filter(isToolUIPart))
  }

  /** What the assistant said in all messages. */
  get said(): string {
    const answers = this.messages.filter(({ role }) => role === 'assistant')
    return answers
      .flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])))
      .join('\n')
  }

  /** Resolves with the first call in a state. */
  async call(state: string): Promise<ToolPart> {
    return eventually(() => this.calls.find((call) => call.state === state))
  }

  async ready(): Promise<void> {
    await eventually(() => (this.status === 'ready' || this.status === 'error' ? true : undefined))
  }
}

/** Asks a handler as a page asks its server. */
export function fetchOf(handler: (request: Request) => Promise<Response>): Fetch {
  return (path, init) => handler(new Request(new URL(path, 'http://localhost:3000'), init))
}

/** A gateway whose agent has a tool that is free and one that needs a person. */
export function openShop(options: Parameters<typeof localGateway>[0] = {}): LocalGateway {
  const inputSchema = { type: 'object', properties: { order: { type: 'integer' } }, required: ['order'] }
  return localGateway({
    databasePath: ':memory:',
    agents: [{ id: 'main' }],
    tools: [
      {
        name: 'look_up_order',
        description: 'Looks up what is known about an order.',
        inputSchema,
        execute: ({ order }) => ({ order, status: 'lost' }),
      },
      {
        name: 'refund_order',
        description: 'Refunds what was paid for an order.',
        inputSchema,
        execute: ({ order }) => ({ order, refunded: true }),
      },
      {
        name: 'delete_order',
        description: 'Removes an order.',
        inputSchema,
        execute: () => 'deleted',
      },
    ],
    policies: [
      { id: 'ask', match: { tool: 'refund_*' }, action: 'require_approval', reason: 'refunds cost money' },
      { id: 'keep', match: { tool: 'delete_*' }, action: 'block', reason: 'orders are kept' },
    ],
    ...options,
  })
}

/** Opens a handler, and chats with it. */
export function openChat(
  gateway: LocalGateway,
  options: Partial<ChatHandlerOptions> = {},
): { readonly handler: (request: Request) => Promise<Response>; readonly chat: (id?: string) => TestChat } {
  const handler = createChatHandler({ gateway, agent: 'main', ...options })
  return { handler, chat: (id = 'one') => new TestChat(handler, id) }
}
