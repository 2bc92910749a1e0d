import { randomUUID } from 'node:crypto'
import { AIMessage, HumanMessage, ToolMessage, type UsageMetadata } from '@langchain/core/messages'
import { ChatOpenAI } from '@langchain/openai'
import { createClient } from '@pincer/core'
import { demoModelFetch, localGateway } from '@pincer/local-gateway'
import { openclaw } from '@pincer/openclaw'
import { createAgent } from 'langchain'
import { afterEach, describe, expect, it } from 'vitest'

import { ChatClaw } from '../src/chat.ts'
import { PincerCallbackHandler } from '../src/index.ts'
import { gatewayTools } from '../src/tools.ts'
import { describeChatModel } from '../test/standard/describe-chat-model.ts'
import type { ChatModelSubject, Prompts } from '../test/standard/subject.ts'
import { addTool } from '../test/standard/tools.ts'
import { readGatewayPlace } from './gateway-place.ts'

const { url, token } = readGatewayPlace()
const agent = 'main'
const newSession = (): string => `agent:${agent}:langchain-${randomUUID()}`

/** The marks of the demo model, which the Gateway's agent speaks through. */
const prompts: Prompts = {
  say: (text) => `Say: ${text}`,
  call: (name, input) => `[[tool:${name} ${JSON.stringify(input)}]]`,
  callBoth: ([first, input], [second, other]) =>
    `[[tool:${first} ${JSON.stringify(input)}]] [[tool:${second} ${JSON.stringify(other)}]]`,
  slow: '[[slow:3000]] [[words:200]]',
  long: '[[slow:15]] [[words:60]]',
}

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function open(): Promise<ChatModelSubject> {
  const gateway = openclaw({ url, token })
  const { agents } = gateway
  let runs = 0
  // Others use the Gateway at the same time, so that only what is asked here is counted.
  const counted = {
    ...gateway,
    agents: {
      ...agents,
      run: (request: Parameters<typeof agents.run>[0]) => {
        runs++
        return agents.run(request)
      },
    },
  }
  // The session is part of what a cached answer is kept under.
  const cachedSession = newSession()
  return {
    // Outside a session OpenClaw writes the conversation into one text, which quotes the marks that were followed before.
    model: (more) =>
      new ChatClaw({
        gateway: counted,
        agent,
        sessionKey: more?.cache === undefined ? newSession() : cachedSession,
        ...more,
      }),
    gatewayName: gateway.name,
    agent,
    prompts,
    cannot: ['stop', 'image', 'audio', 'file'],
    runCount: async () => runs,
    secret: token,
    close: () => gateway.close(),
  }
}

describeChatModel('ChatClaw on the real Gateway', open)

describe('ChatClaw on the real Gateway, without a session', () => {
  it('is a new conversation for each call, and tells what came before', async () => {
    const gateway = openclaw({ url, token })
    closing.push(() => gateway.close())
    const model = new ChatClaw({ gateway, agent }).bindTools([addTool])
    const conversation = [
      new HumanMessage('My name is Ada.'),
      new AIMessage({ content: '', tool_calls: [{ id: 'call_1', name: 'add', args: { a: 4, b: 5 } }] }),
      new ToolMessage({ content: 'nine crabs', tool_call_id: 'call_1' }),
      new AIMessage('Noted.'),
      new HumanMessage('What is it?'),
    ]
    const one = await model.invoke(conversation)
    // The demo model quotes what it was told.
    for (const told of ['My name is Ada.', 'nine crabs', 'Noted.', 'What is it?'])
      expect(one.text).toContain(told)
    const two = await model.invoke('What is it?')
    expect(two.text).not.toContain('Ada')
  })
})

describe('agents of LangChain on the real Gateway', () => {
  it('think with its agent, call their own tool, and are tracked elsewhere', async () => {
    const gateway = openclaw({ url, token })
    const local = localGateway({ databasePath: ':memory:' })
    const claw = createClient({ gateway: local })
    closing.push(
      () => gateway.close(),
      () => claw.close({ timeoutMs: 1_000 }),
    )
    const model = new ChatClaw({ gateway, agent })
    const sessionKey = newSession()
    const adder = createAgent({ model, tools: [addTool], name: 'adder' })

    const { messages } = await adder.invoke(
      { messages: [new HumanMessage('[[tool:add {"a":20,"b":22}]]')] },
      { callbacks: [new PincerCallbackHandler(claw)], configurable: { thread_id: sessionKey } },
    )
    expect(messages.map((message) => message.type)).toEqual(['human', 'ai', 'tool', 'ai'])
    // The Gateway hands the result on in words, which the demo model quotes.
    expect(messages.at(-1)?.text).toMatch(/Tool:\w+: 42"/)
    const answers = messages.filter((message) => AIMessage.isInstance(message))
    expect(answers.map((message) => message.response_metadata)).toMatchObject([
      { session_key: sessionKey, model_provider: 'openclaw', finish_reason: 'tool_calls' },
      { session_key: sessionKey, model_provider: 'openclaw', finish_reason: 'stop' },
    ])

    await claw.flush()
    const { items } = await local.runs.list()
    expect(items).toMatchObject([{ name: 'adder', sessionKey, status: 'completed' }])
    const run = await local.runs.get(items[0]?.runId ?? '')
    expect(run?.actions).toMatchObject([
      { kind: 'model_call', name: agent },
      { kind: 'tool_call', name: 'add', toolCallId: answers[0]?.tool_calls?.[0]?.id },
      { kind: 'model_call', name: agent },
    ])
    const told = answers.map((message) => usageOf(message).total_tokens)
    expect(Math.min(...told)).toBeGreaterThan(0)
    expect(run?.usage.totalTokens).toBe(told.reduce((left, right) => left + right))
  })

  it('call its tools, and are told what it blocks', async () => {
    const claw = createClient({ gateway: openclaw({ url, token }) })
    closing.push(() => claw.close({ timeoutMs: 5_000 }))
    const tools = await gatewayTools(claw, ['get_goal', 'sessions_list'])
    expect(tools.map(({ name }) => name).toSorted()).toEqual(['get_goal', 'sessions_list'])
    const model = new ChatOpenAI({
      model: 'pincer-demo',
      apiKey: 'none',
      configuration: { fetch: (input, init) => demoModelFetch(new Request(input, init)) },
    })
    const clerk = createAgent({ model, tools, name: 'clerk' })
    const { messages } = await clerk.invoke(
      { messages: [new HumanMessage('[[tool:get_goal {}]] [[tool:sessions_list {}]]')] },
      {
        callbacks: [new PincerCallbackHandler(claw)],
        configurable: { thread_id: newSession() },
      },
    )
    const results = messages.filter((message) => ToolMessage.isInstance(message))
    expect(results).toMatchObject([
      { name: 'get_goal', status: 'success', content: expect.stringContaining('"status":"missing"') },
      {
        name: 'sessions_list',
        status: 'error',
        content: expect.stringContaining('the gate blocks this tool'),
      },
    ])
    expect(messages.at(-1)?.text).toContain('get_goal answered')
  })
})

// The types of LangChain do not let exact optional properties have it.
function usageOf(message: AIMessage): UsageMetadata {
  const usage: UsageMetadata | undefined = message.usage_metadata
  if (usage === undefined) throw new Error('no tokens were counted')
  return usage
}
