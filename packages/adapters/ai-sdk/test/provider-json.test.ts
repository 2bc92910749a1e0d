import { generateText, NoObjectGeneratedError, Output, streamText } from 'ai'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { createPincer } from '../src/index.ts'
import type { Told } from './conformance/scripted-run.ts'
import { scriptedGateway } from './conformance/scripted-gateway.ts'
import { stand } from './conformance/whole-run.ts'

globalThis.AI_SDK_LOG_WARNINGS = false
const object = Output.object({ schema: z.object({ word: z.string() }) })

/** One message of the agent in pieces of so many letters. */
function pieces(text: string, letters = 1): Told[] {
  const told: Told[] = []
  for (let at = 0; at < text.length; at += letters)
    told.push(['assistant.delta', { delta: text.slice(at, at + letters), itemId: 'm' }])
  return [...told, ['assistant.message', { text, itemId: 'm' }], ['run.completed', {}]]
}

describe('an answer that must be JSON', () => {
  it.each([
    ['bare', '{"word":"crab"}'],
    ['between fences', '```json\n{"word":"crab"}\n```'],
    ['behind words', 'Sure [1], here it is: {"word":"crab"}'],
    ['before words', '{"word":"crab"} I hope that this helps. {"word":"lobster"}'],
    ['with brackets in its texts', '{"word":"crab","more":"} \\" ] {"}'],
  ])('is found %s, whatever pieces it comes in', async (_, text) => {
    for (const letters of [1, 3, 1_000]) {
      const { model } = stand(pieces(text, letters))
      expect((await generateText({ model, prompt: 'go', output: object })).output).toEqual({ word: 'crab' })
      const partial: unknown[] = []
      const result = streamText({ model, prompt: 'go', output: object })
      for await (const value of result.partialOutputStream) partial.push(value)
      expect(partial.at(-1)).toMatchObject({ word: 'crab' })
      expect(await result.output).toEqual({ word: 'crab' })
    }
  })

  it('is asked for in words, with its schema', async () => {
    const { gateway, model } = stand(pieces('{"word":"crab"}'))
    await generateText({ model, prompt: 'go', output: object })
    expect(gateway.started[0]?.request.input).toMatchObject([
      { role: 'system', text: expect.stringMatching(/one JSON value that follows this JSON Schema.*"word"/) },
      { role: 'user', text: 'go' },
    ])
  })

  it('may be a list, a choice, or any value', async () => {
    const list = Output.array({ element: z.object({ n: z.number() }) })
    const listed = stand(pieces('Here: {"elements":[{"n":1},{"n":2}]}'))
    expect((await generateText({ model: listed.model, prompt: 'go', output: list })).output).toEqual([
      { n: 1 },
      { n: 2 },
    ])
    const choice = Output.choice({ options: ['low', 'high'] })
    const chosen = stand(pieces('{"result":"low"}'))
    expect((await generateText({ model: chosen.model, prompt: 'go', output: choice })).output).toBe('low')
    for (const [text, value] of [
      ['[1,[2]]', [1, [2]]],
      ['7', 7],
      ['```\n"low"\n```', 'low'],
    ] as const) {
      const { model } = stand(pieces(text))
      expect((await generateText({ model, prompt: 'go', output: Output.json() })).output).toEqual(value)
    }
  })

  it('is found after what the agent says between its tools', async () => {
    const { model } = stand([
      ['assistant.delta', { delta: 'I shall look.', itemId: 'a' }],
      ['tool.call.started', { toolCallId: 't', name: 'tide' }],
      ['tool.call.completed', { toolCallId: 't', outcome: 'ok', output: 'low' }],
      ...pieces('{"word":"crab"}'),
    ])
    expect((await generateText({ model, prompt: 'go', output: object })).output).toEqual({ word: 'crab' })
  })

  it('is found where the gateway tells it at the end only', async () => {
    const { gateway, model } = stand([['run.completed', {}]])
    const usual = { ...gateway.agents }
    gateway.agents.run = async (request) => {
      const started = await usual.run(request)
      const wait = started.wait.bind(started)
      return Object.assign(started, {
        wait: async (options?: Parameters<typeof wait>[0]) => ({
          ...(await wait(options)),
          text: 'It is {"word":"crab"}.',
        }),
      })
    }
    expect((await generateText({ model, prompt: 'go', output: object })).output).toEqual({ word: 'crab' })
    expect((await generateText({ model, prompt: 'go' })).text).toBe('It is {"word":"crab"}.')
  })

  it('that is taken back is found in what replaces it', async () => {
    const { model } = stand([
      ['assistant.delta', { delta: '{"word":"lob', itemId: 'm' }],
      ['assistant.delta', { delta: '{"word":"crab"}', itemId: 'm', replace: true }],
      ['run.completed', {}],
    ])
    expect((await generateText({ model, prompt: 'go', output: object })).output).toEqual({ word: 'crab' })
  })

  it('that is none is an error which shows what was said', async () => {
    const { model } = stand(pieces('I cannot do that.'))
    const failure: unknown = await generateText({ model, prompt: 'go', output: object })
      .then(({ output }) => output)
      .catch((error: unknown) => error)
    expect(NoObjectGeneratedError.isInstance(failure) && failure.text).toBe('I cannot do that.')
  })

  it('of a gateway whose agent is asked for words is left as it is', async () => {
    const gateway = scriptedGateway({ script: () => () => pieces('Look: {"word":"crab"} there') })
    const { text } = await generateText({ model: createPincer({ gateway })('main'), prompt: 'go' })
    expect(text).toBe('Look: {"word":"crab"} there')
  })
})
