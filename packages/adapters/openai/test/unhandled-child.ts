import { createClient } from '@pincer/core'
import { createFakeGateway } from '@pincer/testing'
import type { OpenAI } from 'openai'

import { wrapOpenAI } from '../src/index.ts'

// Started by unhandled.test.ts: makes failing calls that nobody waits for, tells what the host saw of each, and at last
// lets one end the process.
const [version = '', variant] = process.argv.slice(2)
const sdk = (await import(version)) as { readonly OpenAI: typeof OpenAI }
const refuse = (): Promise<Response> =>
  Promise.resolve(Response.json({ error: { message: 'bad key' } }, { status: 401 }))
const bare = new sdk.OpenAI({ apiKey: 'sk-test', maxRetries: 0, fetch: refuse })
const client = variant === 'wrapped' ? wrapOpenAI(bare, createClient({ gateway: createFakeGateway() })) : bare

const chat = { model: 'gpt-test', messages: [{ role: 'user' as const, content: 'Say hello' }] }
const { completions } = client.chat
const ways: Record<string, () => unknown> = {
  'create, never waited for': () => completions.create(chat),
  'a stream, never waited for': () => completions.create({ ...chat, stream: true }),
  'parse, never waited for': () => completions.parse(chat),
  'a response, never waited for': () => client.responses.create({ model: 'gpt-test', input: 'Hello' }),
  'embeddings, never waited for': () => client.embeddings.create({ model: 'emb', input: 'Hello' }),
  'the stream helper, never waited for': () => completions.stream(chat),
  'a tool loop, never waited for': () => completions.runTools({ ...chat, tools: [] }),
  'asResponse, never waited for': () => completions.create(chat).asResponse(),
  'withResponse, never waited for': () => completions.create(chat).withResponse(),
  'create, caught': () => completions.create(chat).catch(() => {}),
  'a stream, caught': () => completions.create({ ...chat, stream: true }).catch(() => {}),
  'parse, caught': () => completions.parse(chat).catch(() => {}),
  'asResponse, caught': () =>
    completions
      .create(chat)
      .asResponse()
      .catch(() => {}),
  'withResponse, caught': () =>
    completions
      .create(chat)
      .withResponse()
      .catch(() => {}),
  'speech, caught': () =>
    client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Hello' }).catch(() => {}),
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
