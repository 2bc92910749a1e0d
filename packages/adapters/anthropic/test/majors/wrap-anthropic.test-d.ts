import { Anthropic } from '@anthropic-ai/sdk'
import type { Claw } from '@pincer/core'
import { expectTypeOf, test } from 'vitest'

import { wrapAnthropic } from '../../src/index.ts'

// Compiled with every supported version of the client: what a program writes keeps its types.
declare const claw: Claw

class TenantAnthropic extends Anthropic {
  readonly tenant: string = 'acme'
}

test('the type that goes in comes out', () => {
  expectTypeOf(wrapAnthropic(new Anthropic(), claw)).toEqualTypeOf<Anthropic>()
  expectTypeOf(
    wrapAnthropic(new TenantAnthropic(), claw, { provider: 'proxy' }).tenant,
  ).toEqualTypeOf<string>()
})

test('methods keep their types', async () => {
  const { messages } = wrapAnthropic(new Anthropic(), claw)
  const body = { model: 'm', max_tokens: 1, messages: [{ role: 'user' as const, content: 'Hello' }] }
  const { data } = await messages.create(body).withResponse()
  expectTypeOf(data).toEqualTypeOf<Anthropic.Message>()
  for await (const event of await messages.create({ ...body, stream: true }))
    expectTypeOf(event).toEqualTypeOf<Anthropic.RawMessageStreamEvent>()
})

test('what is no client, and what is no option, is refused', () => {
  // @ts-expect-error a plain object is no client
  wrapAnthropic({ messages: {} }, claw)
  // @ts-expect-error streams tell their usage without being asked
  wrapAnthropic(new Anthropic(), claw, { streamUsage: 'off' })
})
