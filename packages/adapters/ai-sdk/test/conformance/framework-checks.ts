import {
  createProviderRegistry,
  customProvider,
  generateText,
  Output,
  readUIMessageStream,
  streamText,
  toUIMessageStream,
  ToolLoopAgent,
  type UIMessage,
} from 'ai'
import { eventually } from '@pincer/testing'
import { expect, it } from 'vitest'
import { z } from 'zod'

import { answerMs } from './call.ts'
import { metadataOf } from './pincer-metadata.ts'
import { within } from './read-parts.ts'
import { expectCancelled } from './expect-cancelled.ts'
import { modelOf, type ProviderSubject } from './subject.ts'

/** The same through the functions that programs call. */
export function frameworkChecks(subject: () => ProviderSubject): void {
  it('generateText answers', async () => {
    const { prompts, cannot } = subject()
    const result = await within(
      generateText({ model: modelOf(subject()), prompt: prompts.say('in words') }),
      answerMs,
    )
    expect(result).toMatchObject({ text: 'in words', finishReason: 'stop' })
    expect(result.warnings ?? []).toEqual([])
    expect(metadataOf({ providerMetadata: result.providerMetadata }).runId).toBe(result.response.id)
    if (!cannot.includes('usage')) expect(result.usage.totalTokens).toBeGreaterThan(0)
  })

  it('generateText tells of the gateway’s own tools', async () => {
    if (subject().cannot.includes('own tool')) return
    const { prompts, ownTool } = subject()
    const result = await within(generateText({ model: modelOf(subject()), prompt: prompts.own }), answerMs)
    expect(result.steps).toHaveLength(1)
    expect(result.toolCalls).toMatchObject([
      { toolName: ownTool.name, providerExecuted: true, dynamic: true },
    ])
    expect(JSON.stringify(result.toolResults)).toContain(ownTool.answers)
    expect(result.text).toContain(ownTool.answers)
  })

  it('streamText streams', async () => {
    const result = streamText({ model: modelOf(subject()), prompt: subject().prompts.long })
    const pieces: string[] = []
    await within(
      (async () => {
        for await (const piece of result.textStream) pieces.push(piece)
      })(),
      answerMs,
    )
    expect(pieces.length).toBeGreaterThan(2)
    expect(pieces.join('')).toBe(await result.text)
    expect(await result.finishReason).toBe('stop')
  })

  it('streamText tells an error that comes on the way, and ends', async () => {
    const errors: unknown[] = []
    const { prompts, needs } = subject()
    const result = streamText({
      model: modelOf(subject()),
      prompt: prompts.fail,
      providerOptions: { pincer: { ...needs?.fail } },
      onError: ({ error }) => void errors.push(error),
    })
    const types: string[] = []
    await within(
      (async () => {
        for await (const { type } of result.stream) types.push(type)
      })(),
      answerMs,
    )
    expect(errors).toMatchObject([{ name: 'GatewayError' }])
    expect(types.filter((type) => type === 'error')).toHaveLength(1)
    expect(await result.finishReason).toBe('error')
  })

  it('streamText is aborted', async () => {
    const abort = new AbortController()
    const aborted: unknown[] = []
    const before = subject().started.length
    const result = streamText({
      model: modelOf(subject()),
      prompt: subject().prompts.slow,
      abortSignal: abort.signal,
      onAbort: (event) => void aborted.push(event),
      onError: () => {},
    })
    const types: string[] = []
    const reading = within(
      (async () => {
        for await (const { type } of result.stream) types.push(type)
      })(),
      answerMs,
    )
    const run = await eventually(() => subject().started[before], answerMs)
    abort.abort(new Error('the user left'))
    await reading
    expect(types.at(-1)).toBe('abort')
    expect(aborted).toHaveLength(1)
    await expectCancelled(subject(), run.runId)
  })

  it('streamText whose text is left cancels the run with its signal', async () => {
    const abort = new AbortController()
    const before = subject().started.length
    const { prompts } = subject()
    const result = streamText({ model: modelOf(subject()), prompt: prompts.slow, abortSignal: abort.signal })
    const run = await (async () => {
      const reading = result.textStream[Symbol.asyncIterator]()
      void reading.next().catch(() => {})
      const found = await eventually(() => subject().started[before], answerMs)
      void reading.return?.().catch(() => {})
      abort.abort()
      return found
    })()
    await expectCancelled(subject(), run.runId)
  })

  it('ToolLoopAgent answers with instructions', async () => {
    const agent = new ToolLoopAgent({ model: modelOf(subject()), instructions: 'Answer in one sentence.' })
    const result = await within(agent.generate({ prompt: subject().prompts.say('as an agent') }), answerMs)
    expect(result.text).toBe('as an agent')
  })

  it('readUIMessageStream shows a run as a chat message', async () => {
    const { prompts, ownTool, cannot } = subject()
    const hasTool = !cannot.includes('own tool')
    const { stream } = streamText({ model: modelOf(subject()), prompt: hasTool ? prompts.own : prompts.long })
    const last = await within(
      (async () => {
        let message: UIMessage | undefined
        for await (const snapshot of readUIMessageStream({ stream: toUIMessageStream({ stream }) }))
          message = snapshot
        return message
      })(),
      answerMs,
    )
    const parts = last?.parts ?? []
    const text = parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
    expect(text).not.toBe('')
    if (!hasTool) return
    expect(parts.filter(({ type }) => type === 'dynamic-tool')).toMatchObject([
      { toolName: ownTool.name, state: 'output-available', providerExecuted: true },
    ])
  })

  it('Output.object gives a value', async () => {
    const schema = z.object({ word: z.string() })
    const { prompts } = subject()
    const result = await within(
      generateText({
        model: modelOf(subject()),
        prompt: prompts.say('{"word":"crab"}'),
        output: Output.object({ schema }),
      }),
      answerMs,
    )
    expect(result.output).toEqual({ word: 'crab' })
  })

  it('a conversation is told whole where no session keeps it', async () => {
    const { prompts } = subject()
    const result = await within(
      generateText({
        model: modelOf(subject()),
        instructions: 'Be brief.',
        messages: [
          { role: 'user', content: prompts.say('first') },
          { role: 'assistant', content: 'first' },
          { role: 'user', content: prompts.say('second') },
        ],
      }),
      answerMs,
    )
    expect(result.text).toBe('second')
  })

  it('registries, custom providers and plain names find it', async () => {
    const { agent, prompts } = subject()
    const pincer = subject().provider()
    const prompt = prompts.say('found')
    const registry = createProviderRegistry({ pincer })
    const custom = customProvider({ languageModels: { clerk: pincer.languageModel(agent) } })
    for (const model of [registry.languageModel(`pincer:${agent}`), custom.languageModel('clerk')])
      expect((await within(generateText({ model, prompt }), answerMs)).text).toBe('found')
    const before = globalThis.AI_SDK_DEFAULT_PROVIDER
    globalThis.AI_SDK_DEFAULT_PROVIDER = pincer
    try {
      expect((await within(generateText({ model: agent, prompt }), answerMs)).text).toBe('found')
    } finally {
      globalThis.AI_SDK_DEFAULT_PROVIDER = before
    }
  })

  it('shows nothing that is secret', async () => {
    const { secret, prompts, needs } = subject()
    if (secret === undefined) return
    const model = modelOf(subject())
    const result = await within(generateText({ model, prompt: prompts.say('open') }), answerMs)
    expect(JSON.stringify([model, result])).not.toContain(secret)
    const failed: unknown = await within(
      generateText({
        model,
        prompt: prompts.fail,
        providerOptions: { pincer: { ...needs?.fail } },
        maxRetries: 0,
      }),
      answerMs,
    ).catch((error: unknown) => error)
    expect(`${JSON.stringify(failed)}${String(failed)}${String(Object(failed).stack)}`).not.toContain(secret)
  })
}
