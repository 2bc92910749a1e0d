import type { Claw } from '@pincer/core'
import { AzureOpenAI, OpenAI } from 'openai'
import { expectTypeOf, test } from 'vitest'

import { toGatewayOpenAI, wrapOpenAI } from '../../src/index.ts'

// Compiled with every supported major of `openai`: what a program writes keeps its types.
declare const claw: Claw

class TenantOpenAI extends OpenAI {
  readonly tenant: string = 'acme'
}

test('the type that goes in comes out', () => {
  expectTypeOf(wrapOpenAI(new OpenAI(), claw)).toEqualTypeOf<OpenAI>()
  expectTypeOf(wrapOpenAI(new AzureOpenAI(), claw, { streamUsage: 'off' })).toEqualTypeOf<AzureOpenAI>()
  expectTypeOf(wrapOpenAI(new TenantOpenAI(), claw, { provider: 'groq' }).tenant).toEqualTypeOf<string>()
  expectTypeOf(toGatewayOpenAI(OpenAI, { url: 'http://127.0.0.1:7462/v1' })).toEqualTypeOf<OpenAI>()
})

test('methods keep their types', async () => {
  const openai = wrapOpenAI(new OpenAI(), claw)
  const messages = [{ role: 'user' as const, content: 'Hello' }]
  const { data } = await openai.chat.completions.create({ model: 'm', messages }).withResponse()
  expectTypeOf(data.choices).toEqualTypeOf<OpenAI.ChatCompletion['choices']>()
  for await (const chunk of await openai.chat.completions.create({ model: 'm', messages, stream: true })) {
    expectTypeOf(chunk).toEqualTypeOf<OpenAI.ChatCompletionChunk>()
  }
})

test('what is no client, and what is no option, is refused', () => {
  // @ts-expect-error a plain object is no client
  wrapOpenAI({ chat: {} }, claw)
  // @ts-expect-error there are two choices
  wrapOpenAI(new OpenAI(), claw, { streamUsage: 'sometimes' })
})
