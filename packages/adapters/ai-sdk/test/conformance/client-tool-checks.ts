import type { LanguageModelV4FunctionTool, LanguageModelV4Prompt } from '@ai-sdk/provider'
import { generateText, isStepCount, streamText, tool } from 'ai'
import { expect, it } from 'vitest'
import { z } from 'zod'

import { answerMs, callOf, streamAll } from './call.ts'
import { onlyPart, partsOf, textOf } from './parts.ts'
import { within } from './read-parts.ts'
import { modelOf, type ProviderSubject } from './subject.ts'

const addition: LanguageModelV4FunctionTool = {
  type: 'function',
  name: 'add_up',
  description: 'Adds two numbers',
  inputSchema: {
    type: 'object',
    properties: { left: { type: 'number' }, right: { type: 'number' } },
    required: ['left', 'right'],
  },
}
const rules = { clientTools: [addition.name] }

/** Tools that the caller executes: the run ends on their calls, and the next one brings their results. */
export function clientToolChecks(subject: () => ProviderSubject): void {
  const can = (): boolean => !subject().cannot.includes('client tools')
  const executed: unknown[] = []
  const addUp = tool({
    description: addition.description ?? '',
    inputSchema: z.object({ left: z.number(), right: z.number() }),
    execute: ({ left, right }) => {
      executed.push([left, right])
      return { sum: left + right }
    },
  })

  it('are called by a part that is left to the caller', async () => {
    if (!can()) return
    const options = callOf(subject().prompts.call('add_up', { left: 20, right: 22 }), { tools: [addition] })
    const parts = await streamAll(modelOf(subject()), options, rules)
    const call = onlyPart(parts, 'tool-call')
    expect(call.toolName).toBe('add_up')
    expect(call.providerExecuted ?? false).toBe(false)
    expect(JSON.parse(call.input)).toEqual({ left: 20, right: 22 })
    expect(partsOf(parts, 'tool-result')).toEqual([])
    expect(onlyPart(parts, 'finish').finishReason.unified).toBe('tool-calls')
  })

  it('are called several at once', async () => {
    if (!can()) return
    const { prompts } = subject()
    const prompt = prompts.callBoth(['add_up', { left: 1, right: 2 }], ['add_up', { left: 3, right: 4 }])
    const { content, finishReason } = await within(
      modelOf(subject()).doGenerate(callOf(prompt, { tools: [addition] })),
      answerMs,
    )
    const calls = content.flatMap((part) => (part.type === 'tool-call' ? [part] : []))
    expect(calls.map(({ input }) => JSON.parse(input))).toEqual([
      { left: 1, right: 2 },
      { left: 3, right: 4 },
    ])
    expect(new Set(calls.map(({ toolCallId }) => toolCallId)).size).toBe(2)
    expect(finishReason.unified).toBe('tool-calls')
  })

  it.for([['named'], ['none']])(
    'are answered by the next call, with a session and without: %s',
    async ([kind]) => {
      if (!can()) return
      const providerOptions = kind === 'named' ? { pincer: { sessionKey: subject().newSessionKey() } } : {}
      const { prompts } = subject()
      const first = callOf(prompts.call('add_up', { left: 20, right: 22 }), {
        tools: [addition],
        providerOptions,
      })
      const { toolCallId, input } = onlyPart(await streamAll(modelOf(subject()), first, rules), 'tool-call')
      const prompt: LanguageModelV4Prompt = [
        ...first.prompt,
        {
          role: 'assistant',
          content: [{ type: 'tool-call', toolCallId, toolName: 'add_up', input: JSON.parse(input) }],
        },
        {
          role: 'tool',
          content: [
            {
              type: 'tool-result',
              toolCallId,
              toolName: 'add_up',
              output: { type: 'json', value: { sum: 4_321 } },
            },
          ],
        },
      ]
      const parts = await streamAll(modelOf(subject()), { ...first, prompt }, rules)
      expect(textOf(parts)).toContain('4321')
      expect(onlyPart(parts, 'finish').finishReason.unified).toBe('stop')
    },
  )

  it('go round with generateText and stopWhen', async () => {
    if (!can()) return
    executed.length = 0
    const result = await within(
      generateText({
        model: modelOf(subject()),
        tools: { add_up: addUp },
        prompt: subject().prompts.call('add_up', { left: 4_000, right: 321 }),
        stopWhen: isStepCount(3),
      }),
      answerMs,
    )
    expect(executed).toEqual([[4_000, 321]])
    expect(result.steps.map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop'])
    expect(result.text).toContain('4321')
    const [first, second] = result.steps
    const sum = (first?.usage.inputTokens ?? 0) + (second?.usage.inputTokens ?? 0)
    if (!subject().cannot.includes('usage')) expect(result.totalUsage.inputTokens).toBe(sum)
  })

  it('go round with streamText', async () => {
    if (!can()) return
    const result = streamText({
      model: modelOf(subject()),
      tools: { add_up: addUp },
      prompt: subject().prompts.call('add_up', { left: 4_000, right: 322 }),
      stopWhen: isStepCount(3),
    })
    const types = new Set<string>()
    await within(
      (async () => {
        for await (const part of result.stream) types.add(part.type)
      })(),
      answerMs,
    )
    expect([...types]).toEqual(expect.arrayContaining(['tool-call', 'tool-result', 'text-delta', 'finish']))
    expect(types.has('error')).toBe(false)
    expect(await result.text).toContain('4322')
  })
}
