import type { Anthropic } from '@anthropic-ai/sdk'
import { createClient } from '@pincer/core'
import { createFakeGateway } from '@pincer/testing'

import { pincerMiddleware, wrapAnthropic } from '../src/index.ts'

// Started by unhandled.test.ts: makes failing calls that nobody waits for, tells what the host saw of each, and at last
// lets one end the process.
const [version = '', variant] = process.argv.slice(2)
const sdk = (await import(version)) as { readonly Anthropic: typeof Anthropic }
const refuse = (): Promise<Response> =>
  Promise.resolve(
    Response.json(
      { type: 'error', error: { type: 'authentication_error', message: 'bad key' } },
      { status: 401 },
    ),
  )
const claw = createClient({ gateway: createFakeGateway() })
const middleware = variant === 'tapped' ? { middleware: [pincerMiddleware(claw)] } : {}
const bare = new sdk.Anthropic({ apiKey: 'sk-ant-test', maxRetries: 0, fetch: refuse, ...middleware })
const client = variant === 'wrapped' ? wrapAnthropic(bare, claw) : bare

const hello = {
  model: 'claude-test',
  max_tokens: 9,
  messages: [{ role: 'user' as const, content: 'Say hello' }],
}
const { messages } = client
const ways: Record<string, () => unknown> = {
  'create, never waited for': () => messages.create(hello),
  'a stream, never waited for': () => messages.create({ ...hello, stream: true }),
  'the stream helper, never waited for': () => messages.stream(hello),
  'counting, never waited for': () => messages.countTokens({ model: 'm', messages: hello.messages }),
  'a batch, never waited for': () => messages.batches.results('b'),
  'asResponse, never waited for': () => messages.create(hello).asResponse(),
  'withResponse, never waited for': () => messages.create(hello).withResponse(),
  'create, caught': () => messages.create(hello).catch(() => {}),
  'a stream, caught': () => messages.create({ ...hello, stream: true }).catch(() => {}),
  'a batch, caught': () => messages.batches.results('b').catch(() => {}),
  'asResponse, caught': () =>
    messages
      .create(hello)
      .asResponse()
      .catch(() => {}),
  'withResponse, caught': () =>
    messages
      .create(hello)
      .withResponse()
      .catch(() => {}),
}
if ('toolRunner' in client.beta.messages) {
  ways['a tool loop, never waited for'] = () =>
    void client.beta.messages.toolRunner({ ...hello, tools: [] }).runUntilDone()
  ways['a tool loop, caught'] = () =>
    client.beta.messages
      .toolRunner({ ...hello, tools: [] })
      .runUntilDone()
      .catch(() => {})
}

const seen: Record<string, string[]> = {}
for (const [way, call] of Object.entries(ways)) {
  const errors: string[] = []
  const note = (error: unknown): void => void errors.push(String(error))
  process.on('unhandledRejection', note)
  call()
  await new Promise((resolve) => setTimeout(resolve, 30))
  process.off('unhandledRejection', note)
  seen[way] = errors
}
process.stdout.write(JSON.stringify(seen))
ways['create, never waited for']?.()
