import { type Claw, type ClientOptions, createClient } from '@pincer/core'
import { localGateway } from '@pincer/local-gateway'
import { wrapOpenAI } from '@pincer/openai'
import { OpenAI } from 'openai'

import { cannedFetch } from './canned-model.ts'

/** A bare client, the same client wrapped on a gateway, and wrapped on one that takes everything at once. */
export interface Pair {
  readonly bare: OpenAI
  readonly wrapped: OpenAI
  readonly recording: OpenAI
  readonly claw: Claw
}

// What recording alone costs shows where delivering costs nothing.
const takesAll: ClientOptions['gateway'] = {
  name: 'takes all',
  events: { append: async (events) => events.map(({ id }) => ({ id, status: 'accepted' })) },
  close: async () => {},
}

/** Makes clients that reach the canned model by function call, or at `modelUrl` over loopback. */
export function makeClients(gatewayUrl: string, modelUrl?: string): Pair {
  const options = { apiKey: 'bench', maxRetries: 0 }
  const bare =
    modelUrl === undefined
      ? new OpenAI({ ...options, baseURL: 'http://model.invalid/v1', fetch: cannedFetch as typeof fetch })
      : new OpenAI({ ...options, baseURL: modelUrl })
  const claw = createClient({ gateway: localGateway({ url: gatewayUrl }) })
  const recorder = createClient({ gateway: takesAll })
  return { bare, wrapped: wrapOpenAI(bare, claw), recording: wrapOpenAI(bare, recorder), claw }
}

const messages: OpenAI.ChatCompletionMessageParam[] = [
  { role: 'system', content: 'You answer in one sentence.' },
  { role: 'user', content: 'What is the weather in Bergen?' },
]

/** One plain call. */
export async function call(openai: OpenAI): Promise<void> {
  await openai.chat.completions.create({ model: 'gpt-5-mini', messages, temperature: 0 })
}

/** One stream, read to its end; returns milliseconds to its first chunk. */
export async function stream(openai: OpenAI): Promise<number> {
  const start = performance.now()
  const chunks = await openai.chat.completions.create({
    model: 'gpt-5-mini',
    messages,
    stream: true,
    stream_options: { include_usage: true },
  })
  let firstMs = 0
  for await (const _ of chunks) if (firstMs === 0) firstMs = performance.now() - start
  return firstMs
}
