import { AnthropicBedrock } from '@anthropic-ai/bedrock-sdk'
import { Anthropic, type Middleware } from '@anthropic-ai/sdk'
import { AnthropicVertex } from '@anthropic-ai/vertex-sdk'
import type { Claw } from '@pincer/core'
import { expectTypeOf, test } from 'vitest'

import { pincerMiddleware, wrapAnthropic } from '../src/index.ts'

declare const claw: Claw

test('it is what every client takes', () => {
  expectTypeOf(pincerMiddleware(claw)).toExtend<Middleware>()
  const middleware = [pincerMiddleware(claw, { provider: 'proxy', maxRetries: 5 })]
  expectTypeOf(new Anthropic({ middleware })).toEqualTypeOf<Anthropic>()
  expectTypeOf(new AnthropicBedrock({ middleware })).toEqualTypeOf<AnthropicBedrock>()
})

test('the classes of other clouds stay what they are', () => {
  expectTypeOf(wrapAnthropic(new AnthropicBedrock(), claw)).toEqualTypeOf<AnthropicBedrock>()
  expectTypeOf(wrapAnthropic(new AnthropicVertex(), claw).region).toEqualTypeOf<string>()
})

test('options it does not have are refused', () => {
  // @ts-expect-error a number of retries is a number
  pincerMiddleware(claw, { maxRetries: 'none' })
})
