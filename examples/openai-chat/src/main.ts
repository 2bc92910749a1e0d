import { createClient } from '@pincer/core'
import { localGateway, startLocalGateway } from '@pincer/local-gateway'
import { wrapOpenAI } from '@pincer/openai'
import { OpenAI } from 'openai'

// A gateway of this machine; its scripted demo model answers where the environment names none.
const server = await startLocalGateway({ port: 0, databasePath: ':memory:' })
const { OPENAI_API_KEY: key, OPENAI_BASE_URL: address, OPENAI_MODEL: ownModel } = process.env
const isReal = key !== undefined || address !== undefined
const model = isReal ? (ownModel ?? 'gpt-5-mini') : 'pincer-demo'

// The one line that a program with an OpenAI client adds is the call of wrapOpenAI.
const claw = createClient({ gateway: localGateway({ url: server.url }), agentId: 'chat' })
const bare = new OpenAI({
  apiKey: key ?? 'none',
  ...(isReal ? {} : { baseURL: `${server.url}/demo/v1` }),
})
const openai = wrapOpenAI(bare, claw)

const questions = ['Hello! Who are you?', 'Say: tokens are counted by themselves']
await claw.run({ name: 'two questions', sessionKey: 'example' }, async () => {
  const messages: OpenAI.ChatCompletionMessageParam[] = []
  for (const content of questions) {
    messages.push({ role: 'user', content })
    const stream = await openai.chat.completions.create({ model, messages, stream: true })
    let answer = ''
    for await (const chunk of stream) answer += chunk.choices[0]?.delta.content ?? ''
    messages.push({ role: 'assistant', content: answer })
    console.log(`> ${content}\n${answer}\n`)
  }
})
await claw.flush()

const { items } = await server.gateway.runs.list({ sessionKey: 'example' })
for (const run of items) {
  const { inputTokens, outputTokens, costUsd } = run.usage
  const cost = costUsd === undefined ? 'no known price' : `$${costUsd.toFixed(6)}`
  console.log(`${run.name}: ${run.status}, ${inputTokens} tokens in, ${outputTokens} out, ${cost}`)
}
await claw.close()
await server.close()
