import { AIMessage, AIMessageChunk, HumanMessage, ToolMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
import { createClient } from '@pincer/core'
import { type LocalGateway, localGateway } from '@pincer/local-gateway'
import { createAgent, toolStrategy } from 'langchain'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'

import { ChatClaw } from '../src/chat.ts'
import { PincerCallbackHandler } from '../src/index.ts'
import { addTool, person } from './standard/tools.ts'

let gateway: LocalGateway
let model: ChatClaw

beforeEach(() => {
  gateway = localGateway({ databasePath: ':memory:', agents: [{ id: 'main', tools: [] }] })
  model = new ChatClaw({ gateway, agent: 'main' })
})
afterEach(() => gateway.close())

const calls: string[] = []
const shout = tool(
  ({ text }) => {
    calls.push(text)
    return text.toUpperCase()
  },
  { name: 'shout', description: 'Shouts', schema: z.object({ text: z.string() }) },
)

describe('createAgent with an agent of the gateway as its model', () => {
  it('runs two tools of its own, and answers', async () => {
    const agent = createAgent({ model, tools: [addTool, shout], systemPrompt: 'Use your tools.' })
    const { messages } = await agent.invoke({
      messages: [new HumanMessage('[[tool:add {"a":20,"b":22}]] [[tool:shout {"text":"quiet"}]]')],
    })
    expect(messages.map((message) => message.type)).toEqual(['human', 'ai', 'tool', 'tool', 'ai'])
    const results = messages.filter((message) => ToolMessage.isInstance(message))
    expect(results.map((message) => [message.name, message.text])).toEqual([
      ['add', '42'],
      ['shout', 'QUIET'],
    ])
    expect(calls).toEqual(['quiet'])
    expect(messages.at(-1)?.text).toBe('add answered: 42. shout answered: QUIET.')
    const runs = messages.filter((message) => AIMessage.isInstance(message))
    expect(new Set(runs.map((message) => message.response_metadata['run_id'])).size).toBe(2)
  })

  it('streams tokens, tool calls and updates', async () => {
    const agent = createAgent({ model, tools: [addTool] })
    const input = {
      messages: [new HumanMessage('[[tool:add {"a":1,"b":2}]] [[then]] [[slow:10]] [[words:20]]')],
    }
    const nodes = new Set<string>()
    let text = ''
    let called = 0
    for await (const [chunk, metadata] of await agent.stream(input, { streamMode: 'messages' })) {
      nodes.add(String(metadata['langgraph_node']))
      if (!AIMessageChunk.isInstance(chunk)) continue
      text += chunk.text
      called += chunk.tool_call_chunks?.length ?? 0
    }
    expect(text).toBe(Array.from({ length: 20 }, (_, index) => `word${index + 1}`).join(' '))
    expect(called).toBe(1)
    expect([...nodes].toSorted()).toEqual(['model_request', 'tools'])
  })

  it('answers with a value of a schema', async () => {
    const agent = createAgent({ model, tools: [addTool], responseFormat: toolStrategy(person) })
    const { structuredResponse } = await agent
      .invoke({
        messages: [new HumanMessage('[[tool:extract-1 {"name":"Ada","age":36}]] Say: nothing')],
      })
      .catch((error: unknown) => ({ structuredResponse: error }))
    expect(structuredResponse).toEqual({ name: 'Ada', age: 36 })
  })

  it('is tracked like any model', async () => {
    const claw = createClient({ gateway })
    const agent = createAgent({ model, tools: [addTool], name: 'adder' })
    const callbacks = [new PincerCallbackHandler(claw)]
    await agent.invoke({ messages: [new HumanMessage('[[tool:add {"a":1,"b":2}]]')] }, { callbacks })
    await claw.flush()
    const { items } = await gateway.runs.list()
    const tracked = items.find((run) => run.name === 'adder')
    const tree = await gateway.runs.get(tracked?.runId ?? '')
    expect(tree?.status).toBe('completed')
    expect(tree?.actions.map((action) => [action.kind, action.name])).toEqual([
      ['model_call', 'main'],
      ['tool_call', 'add'],
      ['model_call', 'main'],
    ])
    // The gateway counts what its own runs use; told here too, it would stand there twice.
    expect(tree?.usage.totalTokens).toBe(0)
    const ownRuns = items.filter((run) => run.name !== 'adder')
    expect(ownRuns.map((run) => run.usage.totalTokens > 0)).toEqual([true, true])
  })
})

describe('a graph with an agent of the gateway in a node', () => {
  it('streams what the node says, though it only invokes', async () => {
    const graph = new StateGraph(MessagesAnnotation)
      .addNode('speak', async ({ messages }) => ({ messages: [await model.invoke(messages)] }))
      .addEdge(START, 'speak')
      .compile()
    const pieces: string[] = []
    const input = { messages: [new HumanMessage('[[slow:60]] [[words:12]]')] }
    for await (const [chunk] of await graph.stream(input, { streamMode: 'messages' })) pieces.push(chunk.text)
    expect(pieces.length).toBeGreaterThan(2)
    expect(pieces.join('')).toContain('word12')
  })

  it('answers batches, and chains', async () => {
    const chain = model.pipe((message: AIMessage) => message.text.toUpperCase())
    expect(await chain.batch(['Say: a', 'Say: b', 'Say: c'], { maxConcurrency: 2 })).toEqual(['A', 'B', 'C'])
    const pieces: string[] = []
    for await (const piece of await chain.stream('Say: one two')) pieces.push(piece)
    expect(pieces.join('')).toBe('ONE TWO')
    const fallen = new ChatClaw({ gateway, agent: 'nobody' }).withFallbacks([model])
    expect((await fallen.invoke('Say: fallen')).text).toBe('fallen')
  })
})
