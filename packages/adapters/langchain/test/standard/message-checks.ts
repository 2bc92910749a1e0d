import { InMemoryCache } from '@langchain/core/caches'
import {
  AIMessage,
  AIMessageChunk,
  HumanMessage,
  SystemMessage,
  type UsageMetadata,
} from '@langchain/core/messages'
import { UnsupportedByGatewayError } from '@pincer/protocol'
import { expect, it } from 'vitest'

import type { ChatModelSubject } from './subject.ts'

/** Invoking, streaming, conversations, usage, stop sequences, caching: ten checks. */
export function messageChecks(subject: () => ChatModelSubject): void {
  it('answers', async () => {
    const answer = await subject().model().invoke(subject().prompts.say('hello'))
    expect(AIMessage.isInstance(answer)).toBe(true)
    expect(answer.content).toBe('hello')
    expect(answer.text).toBe('hello')
    expect(answer.response_metadata).toMatchObject({
      model_name: expect.any(String),
      model_provider: subject().gatewayName,
      finish_reason: 'stop',
      run_id: expect.any(String),
    })
  })

  it('streams', async () => {
    const chunks: AIMessageChunk[] = []
    for await (const chunk of await subject().model().stream(subject().prompts.long)) chunks.push(chunk)
    expect(chunks.every((chunk) => AIMessageChunk.isInstance(chunk))).toBe(true)
    expect(chunks.filter((chunk) => chunk.text !== '').length).toBeGreaterThan(1)
    const merged = chunks.reduce((left, right) => left.concat(right))
    expect(merged.text.length).toBeGreaterThan(10)
    expect(merged.response_metadata).toMatchObject({ finish_reason: 'stop', run_id: expect.any(String) })
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1)
  })

  it('answers a batch, each its own', async () => {
    const { prompts } = subject()
    const words = ['one', 'two', 'three', 'four']
    const answers = await subject()
      .model()
      .batch(words.map((word) => prompts.say(word)))
    expect(answers.map((answer) => answer.text)).toEqual(words)
  })

  it('tells events of tokens', async () => {
    const names: string[] = []
    let text = ''
    const events = subject().model().streamEvents(subject().prompts.say('ready to go'), { version: 'v2' })
    for await (const { event, data } of events) {
      names.push(event)
      if (event === 'on_chat_model_stream') text += data.chunk.text
      if (event === 'on_chat_model_end') expect(data.output.text).toBe('ready to go')
    }
    expect(text).toBe('ready to go')
    expect([names[0], names.at(-1)]).toEqual(['on_chat_model_start', 'on_chat_model_end'])
  })

  it('tells events of content blocks', async () => {
    const stream = subject().model().streamEvents(subject().prompts.say('ready to go'))
    const names: string[] = []
    for await (const { event } of stream) names.push(event)
    expect(await stream.text).toBe('ready to go')
    expect([names[0], names.at(-1)]).toEqual(['message-start', 'message-finish'])
    expect((await stream.usage)?.output_tokens).toBeGreaterThan(0)
    expect((await stream).text).toBe('ready to go')
  })

  it('hears a whole conversation', async () => {
    const { prompts } = subject()
    const last = new HumanMessage(prompts.say('the second'))
    const alone = await subject().model().invoke([last])
    const answer = await subject()
      .model()
      .invoke([
        new SystemMessage('You are short. '.repeat(40)),
        new HumanMessage(prompts.say('the first')),
        new AIMessage('the first'),
        last,
      ])
    expect(answer.text).toBe('the second')
    expect(usageOf(answer).input_tokens).toBeGreaterThan(usageOf(alone).input_tokens)
  })

  it('counts tokens', async () => {
    const usage = usageOf(await subject().model().invoke(subject().prompts.say('hello')))
    expect(usage).toMatchObject({
      input_token_details: { cache_read: expect.any(Number), cache_creation: expect.any(Number) },
      output_token_details: { reasoning: expect.any(Number) },
    })
    expect(usage.input_tokens).toBeGreaterThan(0)
    expect(usage.output_tokens).toBeGreaterThan(0)
    expect(usage.total_tokens).toBe(usage.input_tokens + usage.output_tokens)
  })

  it('counts tokens of a stream once', async () => {
    const chunks: AIMessageChunk[] = []
    for await (const chunk of await subject().model().stream(subject().prompts.long)) chunks.push(chunk)
    const counted = chunks.filter((chunk) => chunk.usage_metadata !== undefined)
    expect(counted).toHaveLength(1)
    const merged = chunks.reduce((left, right) => left.concat(right))
    expect(merged.usage_metadata).toEqual(counted[0]?.usage_metadata)
    expect(usageOf(merged).output_tokens).toBeGreaterThan(0)
  })

  it('stops at a stop sequence, or says that it cannot', async () => {
    const { prompts, cannot, gatewayName } = subject()
    const answer = subject()
      .model()
      .invoke(prompts.say('left STOP right'), { stop: ['STOP'] })
    if (!cannot.includes('stop')) return expect((await answer).text).toBe('left ')
    const refusal = await answer.catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(UnsupportedByGatewayError)
    expect(refusal).toMatchObject({ gateway: gatewayName, capability: 'stop sequences' })
  })

  it('takes its answer out of a cache', async () => {
    const { prompts, runCount } = subject()
    const cache = new InMemoryCache()
    const first = await subject()
      .model({ cache })
      .invoke([new HumanMessage(prompts.say('kept'))])
    const before = await runCount?.()
    const second = await subject()
      .model({ cache })
      .invoke([new HumanMessage(prompts.say('kept'))])
    expect(second.content).toEqual(first.content)
    expect(second.response_metadata).toMatchObject({ run_id: first.response_metadata['run_id'] })
    expect(await runCount?.()).toBe(before)
    const other = await subject()
      .model({ cache, model: 'other' })
      .invoke(prompts.say('kept'))
      .catch(() => undefined)
    expect(other?.response_metadata['run_id']).not.toBe(first.response_metadata['run_id'])
  })
}

// The types of LangChain do not let exact optional properties have it.
function usageOf(message: AIMessageChunk): UsageMetadata {
  const usage: UsageMetadata | undefined = message.usage_metadata
  if (usage === undefined) throw new Error('no tokens were counted')
  return usage
}
