import { AIMessageChunk } from '@langchain/core/messages'
import { expect, it } from 'vitest'

import { ChatClaw } from '../../src/chat.ts'
import type { ChatModelSubject } from './subject.ts'
import { person, PersonTool } from './tools.ts'

/** The eight checks that need no answer. */
export function unitChecks(subject: () => ChatModelSubject): void {
  it('is made', () => {
    const model = subject().model({ maxRetries: 2, maxConcurrency: 4, cache: false, tags: ['mine'] })
    expect(model).toBeInstanceOf(ChatClaw)
    expect([model._llmType(), model._modelType(), model.getName()]).toEqual([
      'claw',
      'base_chat_model',
      'ChatClaw',
    ])
  })

  it('needs no key, and shows none', () => {
    const { secret = 'gateway' } = subject()
    const model = subject().model()
    expect(model.lc_secrets).toBeUndefined()
    expect(JSON.stringify(model)).not.toContain(secret)
    expect(JSON.stringify(model.bindTools([new PersonTool()]))).not.toContain(secret)
    expect(JSON.stringify(model.lc_kwargs)).not.toContain(secret)
  })

  it('streams, and can be told not to', async () => {
    const { prompts } = subject()
    const whole = subject().model({ disableStreaming: true })
    const chunks = []
    for await (const chunk of await whole.stream(prompts.say('only one piece'))) chunks.push(chunk)
    expect(chunks).toHaveLength(1)
    expect(chunks[0]?.content).toBe('only one piece')
  })

  it('binds tools', () => {
    expect(subject().model().bindTools([new PersonTool()])).toHaveProperty('invoke')
    expect(() =>
      subject()
        .model()
        .bindTools([{ type: 'web_search' }]),
    ).toThrow(/web_search/)
  })

  it('makes a runnable of a schema', () => {
    expect(subject().model().withStructuredOutput(person)).toHaveProperty('invoke')
    expect(subject().model().withStructuredOutput(person, { method: 'jsonMode' })).toHaveProperty('invoke')
  })

  it('tells the standard parameters', () => {
    const { agent, gatewayName } = subject()
    expect(
      subject()
        .model()
        .getLsParams({ stop: ['.'] }),
    ).toEqual({
      ls_provider: gatewayName,
      ls_model_name: agent,
      ls_model_type: 'chat',
      ls_stop: ['.'],
    })
    const params = subject()
      .model({ model: 'other', timeoutMs: 5 })
      .invocationParams({ sessionKey: 'one', tools: [new PersonTool()], tool_choice: 'any' })
    expect(params).toMatchObject({
      model: 'other',
      agent,
      session_key: 'one',
      timeout_ms: 5,
      tool_choice: 'any',
      tools: [{ type: 'function', function: { name: 'person' } }],
    })
  })

  it('does nothing with a signal that is aborted already', async () => {
    const { prompts, runCount } = subject()
    const before = await runCount?.()
    const signal = AbortSignal.abort(new Error('too late'))
    await expect(subject().model().invoke(prompts.slow, { signal })).rejects.toThrow()
    expect(await runCount?.()).toBe(before)
  })

  it('stops a stream when its signal is aborted', async () => {
    const abort = new AbortController()
    const reading = (async () => {
      const chunks: AIMessageChunk[] = []
      for await (const chunk of await subject()
        .model()
        .stream(subject().prompts.slow, { signal: abort.signal })) {
        chunks.push(chunk)
        abort.abort(new Error('the user left'))
      }
      return chunks
    })()
    setTimeout(() => abort.abort(new Error('the user left')), 2_000)
    await expect(reading).rejects.toThrow('the user left')
  })
}
