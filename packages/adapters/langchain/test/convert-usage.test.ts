import { describe, expect, test } from 'vitest'

import { convertUsage } from '../src/convert-usage.ts'

const nothing = { cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 }

// One row for every shape that LangChain is known to tell.
const shapes: readonly (readonly [string, readonly unknown[], object])[] = [
  [
    'a message with everything',
    [
      {
        input_tokens: 100,
        output_tokens: 50,
        total_tokens: 150,
        input_token_details: { cache_read: 40, cache_creation: 10, audio: 5 },
        output_token_details: { reasoning: 20, audio: 3 },
      },
    ],
    {
      inputTokens: 100,
      cacheReadTokens: 40,
      cacheWriteTokens: 10,
      outputTokens: 50,
      reasoningTokens: 20,
      totalTokens: 150,
      details: { audioInputTokens: 5, audioOutputTokens: 3 },
    },
  ],
  [
    'a message without details',
    [{ input_tokens: 3, output_tokens: 4, total_tokens: 7 }],
    { ...nothing, inputTokens: 3, outputTokens: 4, totalTokens: 7 },
  ],
  [
    'the output of a model of text',
    [{ promptTokens: 3, completionTokens: 4, totalTokens: 7 }],
    { ...nothing, inputTokens: 3, outputTokens: 4, totalTokens: 7 },
  ],
  [
    'the chunks of a stream, added up',
    [
      { input_tokens: 10, output_tokens: 1, total_tokens: 11, input_token_details: { cache_read: 4 } },
      { input_tokens: 0, output_tokens: 7, total_tokens: 7, output_token_details: { reasoning: 2 } },
    ],
    {
      inputTokens: 10,
      cacheReadTokens: 4,
      cacheWriteTokens: 0,
      outputTokens: 8,
      reasoningTokens: 2,
      totalTokens: 18,
    },
  ],
  [
    'no total',
    [{ input_tokens: 3, output_tokens: 4 }],
    { ...nothing, inputTokens: 3, outputTokens: 4, totalTokens: 7 },
  ],
  [
    'odd numbers and gaps',
    [
      undefined,
      { input_tokens: '3', output_tokens: Number.NaN, output_token_details: null, total_tokens: -1 },
    ],
    { ...nothing, inputTokens: 3, outputTokens: 0, totalTokens: 3 },
  ],
]

describe('convertUsage', () => {
  test.each(shapes)('%s', (_name, parts, expected) => {
    expect(convertUsage(parts, 'openai', 'm')).toEqual({ provider: 'openai', model: 'm', ...expected })
  })

  test.each([[[]], [[undefined]], [[null, 'none', 7]]])('%j is no usage', (parts) => {
    expect(convertUsage(parts, 'openai', 'm')).toBeUndefined()
  })
})
