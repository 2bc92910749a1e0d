import { Anthropic } from '@anthropic-ai/sdk'
import { createClient } from '@pincer/core'
import { localGateway, type RunningGateway, startLocalGateway } from '@pincer/local-gateway'
import { eventually } from '@pincer/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { wrapAnthropic } from '../src/index.ts'

let server: RunningGateway

beforeAll(async () => {
  server = await startLocalGateway({ port: 0, databasePath: ':memory:' })
})
afterAll(() => server.close())

// The whole way: official client, HTTP to the demo model, events over HTTP to the gateway, its record read back.
test('a plain call, a stream, a tool loop and a failure stand in the local gateway', async () => {
  const claw = createClient({ gateway: localGateway({ url: server.url }) })
  const anthropic = wrapAnthropic(
    new Anthropic({ apiKey: 'none', baseURL: `${server.url}/demo`, maxRetries: 2 }),
    claw,
  )
  const ask = (content: string) => ({
    model: 'pincer-demo',
    max_tokens: 1024,
    messages: [{ role: 'user' as const, content }],
  })
  await claw.run({ name: 'whole way' }, async () => {
    const { content } = await anthropic.messages.create(ask('Say: hello there'))
    expect(content).toMatchObject([{ type: 'text', text: 'hello there' }])
    const stream = anthropic.messages.stream({
      ...ask('Say: hello there'),
      thinking: { type: 'enabled', budget_tokens: 1024 },
    })
    expect(await stream.finalText()).toBe('hello there')
    const final = await anthropic.beta.messages.toolRunner({
      ...ask('Call add with {"a":1,"b":2}'),
      stream: true,
      tools: [
        {
          name: 'add',
          description: 'Adds two numbers',
          input_schema: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } } },
          parse: (input: unknown) => input as { a: number; b: number },
          run: ({ a, b }) => String(a + b),
        },
      ],
    })
    expect(JSON.stringify(final.content)).toContain('3')
    const counted = await anthropic.messages.countTokens({
      model: 'pincer-demo',
      messages: ask('Hi').messages,
    })
    expect(counted.input_tokens).toBeGreaterThan(0)
    await anthropic.messages.create(ask('Say: at last [[error:529x1]]'))
    await expect(anthropic.messages.create(ask('[[error:401]]'))).rejects.toThrow('401')
  })
  await claw.flush()
  const run = await eventually(async () => {
    const page = await server.gateway.runs?.list()
    const found = page?.items.find(({ name, status }) => name === 'whole way' && status === 'completed')
    return found && (await server.gateway.runs?.get(found.runId))
  })
  expect(run.actions.map(({ kind, outcome }) => `${kind} ${outcome}`)).toEqual([
    'model_call ok',
    'model_call ok',
    'model_call ok',
    'tool_call ok',
    'model_call ok',
    'model_call ok',
    'model_call ok',
    'model_call error',
  ])
  const leaves = run.actions.map(({ usage }) => usage?.totalTokens ?? 0)
  expect(leaves.filter((tokens) => tokens > 0)).toHaveLength(5)
  expect(run.actions[1]?.usage?.reasoningTokens).toBeGreaterThan(0)
  expect(run.totalUsage.totalTokens).toBe(leaves.reduce((sum, tokens) => sum + tokens, 0))
  expect(run.actions.at(-1)?.error).toMatchObject({
    name: 'AuthenticationError',
    code: 'authentication_error',
  })
  expect(claw.stats()).toMatchObject({ dropped: 0, lateEnds: 0, open: 0 })
  await claw.close()
})
