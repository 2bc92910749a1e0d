import { Anthropic } from '@anthropic-ai/sdk'
import { wrapAnthropic } from '@pincer/anthropic'
import { createClient } from '@pincer/core'
import { localGateway, startLocalGateway } from '@pincer/local-gateway'

// A gateway of this machine; its scripted demo model answers where the environment names none.
const server = await startLocalGateway({ port: 0, databasePath: ':memory:' })
const { ANTHROPIC_API_KEY: key, ANTHROPIC_BASE_URL: address, ANTHROPIC_MODEL: ownModel } = process.env
const isReal = key !== undefined || address !== undefined
const model = isReal ? (ownModel ?? 'claude-opus-5') : 'pincer-demo'

// The one line that a program with an Anthropic client adds is the call of wrapAnthropic.
const claw = createClient({ gateway: localGateway({ url: server.url }), agentId: 'messages' })
const bare = new Anthropic({ apiKey: key ?? 'none', ...(isReal ? {} : { baseURL: `${server.url}/demo` }) })
const anthropic = wrapAnthropic(bare, claw)

const ask = (content: string) => ({ model, max_tokens: 1024, messages: [{ role: 'user' as const, content }] })

await claw.run({ name: 'a stream and a tool', sessionKey: 'example' }, async () => {
  const stream = anthropic.messages.stream(ask('Say: tokens are counted by themselves'))
  console.log(await stream.finalText())

  const answer = await anthropic.beta.messages.toolRunner({
    ...ask('Look up order 1007, please.'),
    tools: [
      {
        name: 'look_up_order',
        description: 'Looks up an order',
        input_schema: { type: 'object', properties: { order: { type: 'number' } }, required: ['order'] },
        parse: (input: unknown) => input as { readonly order: number },
        run: ({ order }) => `Order ${order} is on its way.`,
      },
    ],
  })
  for (const block of answer.content) if (block.type === 'text') console.log(block.text)
})
await claw.flush()

const { items } = await server.gateway.runs.list({ sessionKey: 'example' })
for (const { name, status, usage, actionCount } of items)
  console.log(
    `${name}: ${status}, ${actionCount} actions, ${usage.inputTokens} tokens in, ${usage.outputTokens} out`,
  )
await claw.close()
await server.close()
