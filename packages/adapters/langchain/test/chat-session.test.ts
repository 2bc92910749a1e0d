import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages'
import { MemorySaver } from '@langchain/langgraph'
import { type LocalGateway, localGateway } from '@pincer/local-gateway'
import { createAgent } from 'langchain'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { ChatClaw, type ChatClawOptions } from '../src/chat.ts'
import { scriptedGateway } from './scripted-gateway.ts'
import { addTool } from './standard/tools.ts'

let gateway: LocalGateway

beforeEach(() => {
  gateway = localGateway({ databasePath: ':memory:', agents: [{ id: 'main', tools: [] }, { id: 'other' }] })
})
afterEach(() => gateway.close())

function chat(options: Partial<ChatClawOptions> = {}): ChatClaw {
  return new ChatClaw({ gateway, agent: 'main', ...options })
}

async function heard(sessionKey: string): Promise<(readonly [string, unknown])[]> {
  const history = await gateway.sessions.history(sessionKey)
  return history.map(({ role, text, output, toolCalls }) => [role, text ?? output ?? toolCalls])
}

const first = new HumanMessage('Say: one')
const second = new HumanMessage('Say: two')

describe('a session of a chat model', () => {
  it('hears each message once, however often the conversation is told', async () => {
    const model = chat({ sessionKey: 'ada' })
    const one = await model.invoke([first])
    const two = await model.invoke([first, one, second])
    expect(two.text).toBe('two')
    expect([one, two].map((message) => message.response_metadata['session_key'])).toEqual(['ada', 'ada'])
    let three = new AIMessage('')
    for await (const chunk of await model.stream([first, one, second, two, new HumanMessage('Say: three')]))
      three = new AIMessage(three.text + chunk.text)
    expect(three.text).toBe('three')
    expect(await heard('ada')).toEqual([
      ['user', 'Say: one'],
      ['assistant', 'one'],
      ['user', 'Say: two'],
      ['assistant', 'two'],
      ['user', 'Say: three'],
      ['assistant', 'three'],
    ])
  })

  it('is the thread of the call, of its config or its metadata', async () => {
    const model = chat()
    const one = await model.invoke([first], { configurable: { thread_id: 'thread-1' } })
    expect(one.response_metadata['session_key']).toBe('thread-1')
    const two = await model.invoke([first, one, second], { metadata: { thread_id: 'thread-1' } })
    expect(two.response_metadata['session_key']).toBe('thread-1')
    expect(await heard('thread-1')).toHaveLength(4)
    const numbered = await model.invoke([first], { configurable: { thread_id: 7 } })
    expect(numbered.response_metadata['session_key']).toBe('7')
  })

  it('is what the call says, before what the model says, before the thread', async () => {
    const config = { configurable: { thread_id: 'thread' } }
    const model = chat({ sessionKey: 'of-the-model' })
    const keyOf = async (call: object): Promise<unknown> =>
      (await model.invoke([first], { ...config, ...call })).response_metadata['session_key']
    expect(await keyOf({})).toBe('of-the-model')
    expect(await keyOf({ sessionKey: 'of-the-call' })).toBe('of-the-call')
    expect(await keyOf({ sessionKey: false })).toMatch(/^ses_/)
    const without = await chat({ sessionKey: false }).invoke([first], config)
    expect(without.response_metadata['session_key']).toMatch(/^ses_/)
  })

  it('is a new one for each call where there is none', async () => {
    const one = await chat().invoke([first])
    const two = await chat().invoke([first, one, second])
    const keys = [one, two].map((message) => String(message.response_metadata['session_key']))
    expect(new Set(keys).size).toBe(2)
    expect(await heard(keys[1] ?? '')).toEqual([
      ['user', 'Say: one'],
      ['assistant', 'one'],
      ['user', 'Say: two'],
      ['assistant', 'two'],
    ])
  })

  it('is told examples where it is new, and not its own words where it is not', async () => {
    const spoken = [first, new AIMessage('one'), second]
    await chat({ sessionKey: 'new' }).invoke(spoken)
    expect((await heard('new')).map(([role]) => role)).toEqual(['user', 'assistant', 'user', 'assistant'])
    // Whoever keeps conversations as plain text has lost where the answers came from.
    await chat({ sessionKey: 'new' }).invoke([
      ...spoken,
      new AIMessage('two'),
      new HumanMessage('Say: three'),
    ])
    expect(await heard('new')).toHaveLength(6)
  })

  it('is told what another model answered since', async () => {
    const model = chat({ sessionKey: 'shared' })
    const one = await model.invoke([first])
    await model.invoke([first, one, second, new AIMessage('another model'), new HumanMessage('Say: three')])
    expect(await heard('shared')).toEqual([
      ['user', 'Say: one'],
      ['assistant', 'one'],
      ['user', 'Say: two'],
      ['assistant', 'another model'],
      ['user', 'Say: three'],
      ['assistant', 'three'],
    ])
  })

  it('is told nothing where nothing is new', async () => {
    const model = chat({ sessionKey: 'ada' })
    const one = await model.invoke([first])
    await expect(model.invoke([first, one])).rejects.toThrow(/"ada" has heard all of this conversation/)
  })

  it('is told the instructions of each run', async () => {
    const scripted = scriptedGateway({ result: { text: 'one' } }, { result: { text: 'two' } })
    const model = new ChatClaw({ gateway: scripted, agent: 'main', sessionKey: 'ada' })
    const system = new SystemMessage('Be short.')
    const one = await model.invoke([system, first])
    await model.invoke([system, first, one, second])
    expect(scripted.requests.map(({ input }) => input)).toEqual([
      [
        { role: 'system', text: 'Be short.' },
        { role: 'user', text: 'Say: one' },
      ],
      [
        { role: 'system', text: 'Be short.' },
        { role: 'user', text: 'Say: two' },
      ],
    ])
  })

  it('belongs to one agent', async () => {
    await chat({ sessionKey: 'ada' }).invoke([first])
    const other = chat({ sessionKey: 'ada', agent: 'other' })
    await expect(other.invoke([first])).rejects.toMatchObject({ gatewayCode: 'session_of_other_agent' })
  })

  it('takes the answers of tools, and those that failed', async () => {
    const model = chat({ sessionKey: 'ada' }).bindTools([addTool])
    const question = new HumanMessage('[[tool:add {"a":1,"b":2}]]')
    const call = await model.invoke([question])
    const id = call.tool_calls?.[0]?.id ?? ''
    await model.invoke([
      question,
      call,
      new ToolMessage({ content: 'no', tool_call_id: id, status: 'error' }),
    ])
    expect((await gateway.sessions.history('ada'))[2]).toMatchObject({
      role: 'tool',
      toolCallId: id,
      output: { error: 'no' },
    })
    const stranger = new ToolMessage({ content: '3', tool_call_id: 'call_of_nobody' })
    await expect(model.invoke([question, call, stranger])).rejects.toMatchObject({
      gatewayCode: 'unknown_tool_call',
    })
  })
})

describe('an agent of LangChain over turns', () => {
  it('has its conversation in one session', async () => {
    const agent = createAgent({
      model: chat(),
      tools: [addTool],
      systemPrompt: 'Add.',
      checkpointer: new MemorySaver(),
    })
    const config = { configurable: { thread_id: 'agent-thread' } }
    await agent.invoke({ messages: [new HumanMessage('[[tool:add {"a":1,"b":2}]]')] }, config)
    const { messages } = await agent.invoke({ messages: [second] }, config)
    expect(messages.at(-1)?.text).toBe('two')
    const told = (await heard('agent-thread')).filter(([role]) => role !== 'system')
    expect(told.map(([role]) => role)).toEqual([
      'user',
      'assistant',
      'tool',
      'assistant',
      'user',
      'assistant',
    ])
    expect(told[2]).toEqual(['tool', '3'])
  })
})
