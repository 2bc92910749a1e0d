// The client that most programs use, against a real server: LangChain's own ChatOpenAI and the demo model.
import { AIMessage } from '@langchain/core/messages'
import { ChatOpenAI } from '@langchain/openai'
import { startLocalGateway } from '@pincer/local-gateway'
import { createAgent } from 'langchain'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { PincerCallbackHandler } from '../src/index.ts'
import { type Recorded, recorded } from './callback-fixture.ts'
import { add } from './tools.ts'

let server: { readonly url: string; close(): Promise<void> }
let record: Recorded
let callbacks: PincerCallbackHandler[]
beforeAll(async () => {
  server = await startLocalGateway({ port: 0, databasePath: ':memory:' })
})
afterAll(() => server.close())
beforeEach(() => {
  record = recorded()
  callbacks = [new PincerCallbackHandler(record.claw)]
})
afterEach(() => record.done())

describe.each([
  ['chat completions', false],
  ['responses', true],
])('ChatOpenAI with %s', (_, useResponsesApi) => {
  const open = (): ChatOpenAI =>
    new ChatOpenAI({
      model: 'pincer-demo',
      apiKey: 'none',
      maxRetries: 0,
      useResponsesApi,
      configuration: { baseURL: `${server.url}/demo/v1` },
    })

  test('is recorded with its usage, answered at once', async () => {
    const answer = await open().invoke('Say: hello there', { callbacks })
    expect(answer.text).toBe('hello there')
    const [started] = await record.of('model.call.started')
    expect(started?.data).toMatchObject({ provider: 'openai', model: 'pincer-demo' })
    const { input_tokens = 0, output_tokens = 0 } = answer.usage_metadata ?? {}
    expect(input_tokens).toBeGreaterThan(0)
    const used = await record.of('usage.reported')
    expect(used).toHaveLength(1)
    expect(used[0]?.data).toMatchObject({ inputTokens: input_tokens, outputTokens: output_tokens })
    expect(await record.of('model.call.completed')).toMatchObject([{ data: { outcome: 'ok' } }])
  })

  test('is recorded with its usage and its words, streamed', async () => {
    let text = ''
    for await (const chunk of await open().stream('Say: hello there', { callbacks })) text += chunk.text
    expect(text).toBe('hello there')
    const deltas = await record.of('assistant.delta')
    expect(deltas.map(({ data }) => data.delta).join('')).toBe('hello there')
    const used = await record.of('usage.reported')
    expect(used).toHaveLength(1)
    expect(used[0]?.data.outputTokens).toBeGreaterThan(0)
  })

  test('calls the tools of an agent under the ids that the model gave', async () => {
    const agent = createAgent({ model: open(), tools: [add] })
    const content = 'Go on. [[tool:add {"a":1,"b":2}]]'
    const { messages } = await agent.invoke({ messages: [{ role: 'user', content }] }, { callbacks })
    const asked = messages.find((message) => AIMessage.isInstance(message))?.tool_calls?.[0]
    expect(asked?.id).toBeTypeOf('string')
    expect(await record.of('tool.call.completed')).toMatchObject([
      { data: { toolCallId: asked?.id, output: '3' } },
    ])
    expect(await record.of('usage.reported')).toHaveLength(2)
  })

  test('that is refused has failed, with the status', async () => {
    await expect(open().invoke('Hello [[error:401]]', { callbacks })).rejects.toThrow()
    expect(await record.of('model.call.failed')).toMatchObject([
      { data: { outcome: 'error', error: { status: 401 } } },
    ])
    expect(await record.of('run.failed')).toHaveLength(1)
  })
})
