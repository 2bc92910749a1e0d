import { AIMessage, AIMessageChunk, HumanMessage } from '@langchain/core/messages'
import { type LocalGateway, localGateway, type Policy } from '@pincer/local-gateway'
import type { ApprovalRequest, ClawEvent } from '@pincer/protocol'
import { eventually } from '@pincer/testing'
import { afterEach, describe, expect, it } from 'vitest'

import { ChatClaw } from '../src/chat.ts'
import { scriptedGateway } from './scripted-gateway.ts'
import { addTool } from './standard/tools.ts'

let gateway: LocalGateway
afterEach(() => gateway.close())

type Told = readonly [string, ClawEvent]

function open(...policies: Policy[]): {
  readonly model: ChatClaw
  readonly told: Told[]
  readonly callbacks: object[]
} {
  gateway = localGateway({
    databasePath: ':memory:',
    policies,
    tools: [
      {
        name: 'weather',
        description: 'Tells the weather',
        inputSchema: { type: 'object', properties: { place: { type: 'string' } } },
        execute: async () => ({ sky: 'blue' }),
      },
    ],
  })
  const told: Told[] = []
  const callbacks = [{ handleCustomEvent: (name: string, data: ClawEvent) => void told.push([name, data]) }]
  return { model: new ChatClaw({ gateway, agent: 'main' }), told, callbacks }
}

const question = '[[tool:weather {"place":"Bern"}]]'

describe("the gateway's own tools", () => {
  it('are told as events, and are not for the caller to run', async () => {
    const { model, told, callbacks } = open()
    const answer = await model.invoke(question, { callbacks })
    expect(answer.tool_calls).toEqual([])
    expect(answer.text).toContain('blue')
    expect(told.map(([name, event]) => [name, event.type])).toEqual([
      ['claw.tool_call', 'tool.call.started'],
      ['claw.tool_call', 'tool.call.completed'],
    ])
    expect(told[0]?.[1]).toMatchObject({
      runId: answer.response_metadata['run_id'],
      data: { name: 'weather', input: { place: 'Bern' } },
    })
    expect(answer.additional_kwargs).toMatchObject({
      claw_tool_calls: [{ name: 'weather', input: { place: 'Bern' }, outcome: 'ok' }],
    })
    let merged: AIMessageChunk | undefined
    for await (const chunk of await model.stream(question))
      merged = merged === undefined ? chunk : merged.concat(chunk)
    expect(merged?.tool_calls).toEqual([])
    expect(merged?.additional_kwargs).toMatchObject({ claw_tool_calls: [{ name: 'weather' }] })
  })

  it('are events of LangChain', async () => {
    const { model } = open()
    const names: string[] = []
    for await (const { event, name } of model.streamEvents(question, { version: 'v2' }))
      if (event === 'on_custom_event') names.push(name)
    expect(names).toEqual(['claw.tool_call', 'claw.tool_call'])
  })

  it('stand beside tools of the caller', async () => {
    const { model } = open()
    const answer = await model.bindTools([addTool]).invoke(`${question} [[tool:add {"a":1,"b":2}]]`)
    expect(answer.tool_calls).toMatchObject([{ name: 'add' }])
    expect(answer.additional_kwargs).toMatchObject({ claw_tool_calls: [{ name: 'weather', outcome: 'ok' }] })
  })

  it('wait for a person, and the caller is told', async () => {
    const policy: Policy = {
      id: 'ask',
      match: { tool: 'weather' },
      action: 'require_approval',
      reason: 'ask',
    }
    const { model, told, callbacks } = open(policy)
    const call = model.invoke(question, { callbacks })
    const asked = await eventually(() => told.find(([name]) => name === 'claw.approval')?.[1])
    expect(asked).toMatchObject({ type: 'approval.requested', data: { name: 'weather', reason: 'ask' } })
    await gateway.approvals.decide((asked.data as ApprovalRequest).approvalId, { decision: 'approve' })
    expect((await call).text).toContain('blue')
    expect(told.map(([, event]) => event.type)).toEqual([
      'tool.call.started',
      'approval.requested',
      'approval.resolved',
      'tool.call.completed',
    ])
  })

  it('are blocked, and the answer comes all the same', async () => {
    const policy: Policy = {
      id: 'no',
      match: { tool: 'weather' },
      action: 'block',
      reason: 'no weather today',
    }
    const { model, told, callbacks } = open(policy)
    const answer = await model.invoke(question, { callbacks })
    expect(answer.text).toContain('no weather today')
    expect(told.at(-1)?.[1]).toMatchObject({ type: 'tool.call.failed', data: { outcome: 'blocked' } })
    expect(answer.additional_kwargs).toMatchObject({ claw_tool_calls: [{ outcome: 'blocked' }] })
  })
})

describe('a model call that is not let', () => {
  it('is told by the guard', async () => {
    const { model } = open({ id: 'poor', match: { kind: 'model_call' }, action: 'block', reason: 'no money' })
    await expect(model.invoke('hello')).rejects.toMatchObject({
      name: 'GuardBlockedError',
      reason: 'no money',
      policyId: 'poor',
    })
  })

  it('is denied by a person', async () => {
    const { model } = open({ id: 'ask', match: { kind: 'model_call' }, action: 'require_approval' })
    const call = model.invoke('hello').catch((error: unknown) => error)
    const approval = await eventually(async () => (await gateway.approvals.list({ status: 'pending' }))[0])
    await gateway.approvals.decide(approval.approvalId, { decision: 'deny', reason: 'too late at night' })
    expect(await call).toMatchObject({
      name: 'ApprovalDeniedError',
      approvalId: approval.approvalId,
      message: expect.stringContaining('too late at night'),
    })
  })
})

describe('thoughts', () => {
  it('are blocks of content, streamed or not', async () => {
    const { model } = open()
    const whole = await model.invoke('Say: fine [[reason]]')
    expect(whole.contentBlocks).toMatchObject([
      { type: 'reasoning', reasoning: expect.stringContaining('Step 1') },
      { type: 'text', text: 'fine' },
    ])
    expect(whole.text).toBe('fine')
    expect(whole.usage_metadata).toMatchObject({ output_token_details: { reasoning: expect.any(Number) } })
    let merged: AIMessageChunk | undefined
    for await (const chunk of await model.stream('Say: fine [[reason]]'))
      merged = merged === undefined ? chunk : merged.concat(chunk)
    expect(merged?.contentBlocks).toMatchObject(whole.contentBlocks)
    const stream = model.streamEvents('Say: fine [[reason]]')
    expect(await stream.reasoning).toContain('Step 1')
    expect(await stream.text).toBe('fine')
    // And what it thought is not told again.
    const next = await model.invoke([new HumanMessage('Say: fine'), whole, new HumanMessage('Say: next')])
    expect(next.text).toBe('next')
  })
})

describe('standard content', () => {
  it('is the same streamed or not', async () => {
    open()
    const model = new ChatClaw({ gateway, agent: 'main', outputVersion: 'v1' }).bindTools([addTool])
    for (const input of ['Say: fine [[reason]]', 'Say: no more', '[[tool:add {"a":1,"b":2}]] [[reason]]']) {
      const whole = await model.invoke(input)
      expect(Array.isArray(whole.content)).toBe(true)
      let merged: AIMessageChunk | undefined
      for await (const chunk of await model.stream(input))
        merged = merged === undefined ? chunk : merged.concat(chunk)
      // Ids of calls are new each time, and what was streamed is numbered.
      const isAbout = (blocks: object[] = []): object[] =>
        blocks.map((block) => ({ ...block, id: undefined, index: undefined }))
      expect(isAbout(merged?.contentBlocks)).toEqual(isAbout(whole.contentBlocks))
    }
  })
})

describe('what an agent says', () => {
  it('is parted into its messages', async () => {
    const scripted = scriptedGateway(...Array.from({ length: 2 }, () => story))
    gateway = localGateway({ databasePath: ':memory:' })
    const model = new ChatClaw({ gateway: scripted, agent: 'main' })
    const whole = await model.invoke('hello')
    expect(whole.content).toBe('One moment.\n\nIt is blue.')
    let streamed = ''
    for await (const chunk of await model.stream('hello')) streamed += chunk.text
    expect(streamed).toBe(whole.content)
  })

  it('can be taken back, which a stream has shown already', async () => {
    const events = [
      ['assistant.delta', { delta: 'It is gre', itemId: '1' }],
      ['assistant.delta', { delta: '', itemId: '1', replace: true }],
      ['assistant.delta', { delta: 'It is', itemId: '1' }],
      ['assistant.delta', { delta: 'It is blue', itemId: '1', replace: true }],
      ['assistant.message', { text: 'It is blue.', itemId: '1' }],
      ['assistant.message', { text: 'It is blue.', itemId: '1' }],
    ] as const
    const scripted = scriptedGateway({ events }, { events })
    gateway = localGateway({ databasePath: ':memory:' })
    const model = new ChatClaw({ gateway: scripted, agent: 'main' })
    expect((await model.invoke('hello')).content).toBe('It is blue.')
    let streamed = ''
    for await (const chunk of await model.stream('hello')) streamed += chunk.text
    expect(streamed).toBe('It is gre\n\nIt is blue.')
  })

  it('is in the result where the gateway does not stream', async () => {
    const usage = {
      provider: 'acme',
      model: 'acme-1',
      inputTokens: 10,
      cacheReadTokens: 4,
      cacheWriteTokens: 2,
      outputTokens: 6,
      reasoningTokens: 3,
      totalTokens: 16,
      costUsd: 0.5,
      details: { audioInputTokens: 1 },
    }
    const scripted = scriptedGateway({ result: { text: 'all of it', usage, stopReason: 'length' } })
    gateway = localGateway({ databasePath: ':memory:' })
    const answer = await new ChatClaw({ gateway: scripted, agent: 'main' }).invoke('hello')
    expect(answer.text).toBe('all of it')
    expect(answer.usage_metadata).toEqual({
      input_tokens: 10,
      output_tokens: 6,
      total_tokens: 16,
      input_token_details: { cache_read: 4, cache_creation: 2, audio: 1 },
      output_token_details: { reasoning: 3 },
    })
    expect(answer.response_metadata).toMatchObject({
      model_name: 'acme-1',
      model_provider: 'scripted',
      finish_reason: 'length',
      run_id: 'run_1',
      cost_usd: 0.5,
    })
  })

  it('sums usage where only the events tell it, and shows no frames of the gateway', async () => {
    const usage = {
      provider: 'acme',
      model: 'acme-1',
      inputTokens: 5,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      outputTokens: 1,
      reasoningTokens: 0,
      totalTokens: 6,
    }
    const scripted = scriptedGateway({
      events: [
        ['usage.reported', usage],
        ['question.requested', { questionId: 'q', text: 'Which one?' }],
        ['usage.reported', usage],
      ],
    })
    gateway = localGateway({ databasePath: ':memory:' })
    const told: Told[] = []
    const callbacks = [{ handleCustomEvent: (name: string, data: ClawEvent) => void told.push([name, data]) }]
    const answer = await new ChatClaw({ gateway: scripted, agent: 'main' }).invoke('hello', { callbacks })
    expect(answer.usage_metadata).toMatchObject({ input_tokens: 10, output_tokens: 2, total_tokens: 12 })
    expect(told).toMatchObject([['claw.question', { data: { text: 'Which one?' } }]])
    expect(told[0]?.[1]).not.toHaveProperty('raw')
  })

  it('calls tools with arguments that are none, which are told as invalid', async () => {
    const toolCalls = [{ toolCallId: 'c1', name: 'add', input: '{"a":' }]
    const scripted = scriptedGateway({ result: { toolCalls } })
    gateway = localGateway({ databasePath: ':memory:' })
    const answer = await new ChatClaw({ gateway: scripted, agent: 'main' }).invoke('hello')
    expect(AIMessage.isInstance(answer) && answer.invalid_tool_calls).toMatchObject([
      { name: 'add', id: 'c1' },
    ])
    expect(answer.tool_calls).toEqual([])
  })
})

const story = {
  events: [
    ['assistant.delta', { delta: 'One ', itemId: '1' }],
    ['assistant.delta', { delta: 'moment.', itemId: '1' }],
    ['assistant.message', { text: 'One moment.', itemId: '1' }],
    ['tool.call.started', { toolCallId: 't', name: 'weather' }],
    ['tool.call.completed', { toolCallId: 't', outcome: 'ok' }],
    ['assistant.delta', { delta: 'It is ' }],
    ['assistant.message', { text: 'It is blue.' }],
  ],
  result: { text: 'It is blue.' },
} as const
