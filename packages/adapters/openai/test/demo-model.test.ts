import { createClient } from '@pincer/core'
import { localGateway, type RunningGateway, startLocalGateway } from '@pincer/local-gateway'
import { eventually } from '@pincer/testing'
import { OpenAI } from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { toGatewayOpenAI, wrapOpenAI } from '../src/index.ts'

let server: RunningGateway

beforeAll(async () => {
  server = await startLocalGateway({ port: 0, databasePath: ':memory:' })
})
afterAll(() => server.close())

// The whole way: official client, HTTP to the demo model, events over HTTP to the gateway, its record read back.
test('a plain call, a stream and a tool loop stand in the local gateway', async () => {
  const gateway = localGateway({ url: server.url })
  const claw = createClient({ gateway })
  const openai = wrapOpenAI(toGatewayOpenAI(OpenAI, { url: `${server.url}/demo/v1` }), claw)
  const ask = { model: 'pincer-demo', messages: [{ role: 'user' as const, content: 'Say: hello there' }] }
  await claw.run({ name: 'whole way' }, async () => {
    await openai.chat.completions.create(ask)
    for await (const part of await openai.chat.completions.create({ ...ask, stream: true })) {
      expect(part.choices).toHaveLength(1)
    }
    const runner = openai.chat.completions.runTools({
      model: 'pincer-demo',
      messages: [{ role: 'user', content: 'Call add with {"a":1,"b":2}' }],
      tools: [
        {
          type: 'function',
          function: {
            name: 'add',
            description: 'Adds two numbers',
            parameters: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } } },
            parse: JSON.parse as (text: string) => { a: number; b: number },
            function: ({ a, b }: { a: number; b: number }) => String(a + b),
          },
        },
      ],
    })
    await runner.done()
    const answer = await openai.responses.create({ model: 'pincer-demo', input: 'Say: hello there' })
    expect(answer.output_text).toContain('hello there')
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
  ])
  const leaves = run.actions.map(({ usage }) => usage?.totalTokens ?? 0)
  expect(leaves.filter((tokens) => tokens > 0)).toHaveLength(5)
  expect(run.totalUsage.totalTokens).toBe(leaves.reduce((sum, tokens) => sum + tokens, 0))
  expect(claw.stats()).toMatchObject({ dropped: 0, lateEnds: 0, open: 0 })
  await claw.close()
})
