import type { BaseLanguageModelInput } from '@langchain/core/language_models/base'
import type { AIMessageChunk, BaseMessage } from '@langchain/core/messages'
import type { Runnable } from '@langchain/core/runnables'
import type { Gateway } from '@pincer/protocol'
import { describe, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { z as z3 } from 'zod/v3'

import { ChatClaw, type ClawCallOptions } from '../src/chat.ts'

declare const gateway: Gateway
const model = new ChatClaw({ gateway, agent: 'main' })

describe('ChatClaw', () => {
  it('takes its options by name', () => {
    // @ts-expect-error an agent is needed
    void (() => new ChatClaw({ gateway }))
    // @ts-expect-error a session is a text, or none
    void (() => new ChatClaw({ gateway, agent: 'main', sessionKey: 7 }))
    void (() => model.invoke('hello', { sessionKey: 'ada', timeoutMs: 10 }))
    // @ts-expect-error a time is a number
    void (() => model.invoke('hello', { timeoutMs: '10' }))
  })

  it('answers with messages, bound or not', () => {
    expectTypeOf(() => model.invoke('')).returns.resolves.toEqualTypeOf<AIMessageChunk>()
    expectTypeOf(model.bindTools([])).toEqualTypeOf<
      Runnable<BaseLanguageModelInput, AIMessageChunk, ClawCallOptions>
    >()
  })

  it('answers with the type of a schema', () => {
    const schema = z.object({ name: z.string(), age: z.number() })
    expectTypeOf(() => model.withStructuredOutput(schema).invoke('')).returns.resolves.toEqualTypeOf<{
      name: string
      age: number
    }>()
    const old = z3.object({ name: z3.string() })
    expectTypeOf(() => model.withStructuredOutput(old).invoke('')).returns.resolves.toEqualTypeOf<{
      name: string
    }>()
    const raw = model.withStructuredOutput(schema, { includeRaw: true })
    expectTypeOf(() => raw.invoke('')).returns.resolves.toEqualTypeOf<{
      raw: BaseMessage
      parsed: { name: string; age: number }
    }>()
    const json = { type: 'object', properties: { name: { type: 'string' } } }
    expectTypeOf(() => model.withStructuredOutput(json).invoke('')).returns.resolves.toEqualTypeOf<
      Record<string, unknown>
    >()
    expectTypeOf(() =>
      model.withStructuredOutput<{ name: string }>(json).invoke(''),
    ).returns.resolves.toEqualTypeOf<{
      name: string
    }>()
  })
})
