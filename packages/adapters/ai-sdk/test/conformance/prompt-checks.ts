import type { LanguageModelV4CallOptions, LanguageModelV4Prompt } from '@ai-sdk/provider'
import { expect, it } from 'vitest'

import { answerMs, callOf, streamAll } from './call.ts'
import { onlyPart, textOf } from './parts.ts'
import { within } from './read-parts.ts'
import { modelOf, type ProviderSubject } from './subject.ts'

type UserPart = Extract<LanguageModelV4Prompt[number], { role: 'user' }>['content'][number]

/** What a prompt can hold: each part of it is taken, or refused in words; nothing is lost in silence. */
export function promptChecks(subject: () => ProviderSubject): void {
  const pixel = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  )
  const files: readonly (readonly [string, UserPart])[] = [
    ['image', { type: 'file', mediaType: 'image/png', data: { type: 'data', data: new Uint8Array(pixel) } }],
    [
      'image',
      {
        type: 'file',
        mediaType: 'image/png',
        data: { type: 'url', url: new URL('https://example.com/a.png') },
      },
    ],
    [
      'pdf',
      {
        type: 'file',
        mediaType: 'application/pdf',
        filename: 'a.pdf',
        data: { type: 'data', data: 'JVBERi0=' },
      },
    ],
    ['audio', { type: 'file', mediaType: 'audio/wav', data: { type: 'data', data: 'UklGRg==' } }],
  ]

  it.for(files)('takes a file, or says that it does not: %s', async ([word, file]) => {
    const text: UserPart = { type: 'text', text: subject().prompts.say('seen') }
    const options: LanguageModelV4CallOptions = { prompt: [{ role: 'user', content: [text, file] }] }
    const outcome = await within(modelOf(subject()).doGenerate(options), answerMs).then(
      ({ warnings, request }) => JSON.stringify([warnings, request?.body]),
      (error: unknown) => String(error),
    )
    expect(outcome.toLowerCase()).toMatch(new RegExp(`${word}|file`))
  })

  it('takes what a system message says', async () => {
    const { prompt } = callOf(subject().prompts.say('heard'))
    const options = { prompt: [{ role: 'system' as const, content: 'You are a harbour pilot.' }, ...prompt] }
    expect(textOf(await streamAll(modelOf(subject()), options))).toBe('heard')
  })

  it('takes a conversation with thoughts, files and tools of the gateway in it', async () => {
    const { prompts, ownTool } = subject()
    const prompt: LanguageModelV4Prompt = [
      { role: 'user', content: [{ type: 'text', text: 'What does the tide do?' }] },
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'I should look.' },
          {
            type: 'tool-call',
            toolCallId: 'old',
            toolName: ownTool.name,
            input: { a: 1 },
            providerExecuted: true,
          },
          {
            type: 'tool-result',
            toolCallId: 'old',
            toolName: ownTool.name,
            output: { type: 'json', value: { tide: 1 } },
          },
          { type: 'file', mediaType: 'image/png', data: { type: 'data', data: new Uint8Array(pixel) } },
          { type: 'text', text: 'It falls.' },
        ],
      },
      ...callOf(prompts.say('and now it rises')).prompt,
    ]
    const parts = await streamAll(modelOf(subject()), { prompt })
    expect(textOf(parts)).toBe('and now it rises')
    expect(onlyPart(parts, 'finish').finishReason.unified).toBe('stop')
  })

  it.for<[string, LanguageModelV4Prompt]>([
    ['no message', []],
    ['an empty message', [{ role: 'user', content: [] }]],
    ['only instructions', [{ role: 'system', content: 'Be brief.' }]],
  ])('answers, or refuses in words, where nothing is asked: %s', async ([, prompt]) => {
    const outcome = await within(modelOf(subject()).doGenerate({ prompt }), answerMs).then(
      ({ finishReason }) => finishReason.unified,
      (error: unknown) => (error instanceof Error ? error.message : error),
    )
    expect(outcome).toEqual(expect.stringMatching(/./))
  })
}
