import { describe, expect, test } from 'vitest'

import { convertUsage } from '../src/convert-usage.ts'

const nothing = { cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 }

// One row for every shape that the API, or a service that imitates it, is known to send.
const shapes: readonly (readonly [string, unknown, object])[] = [
  [
    'chat with everything',
    {
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 150,
      prompt_tokens_details: {
        cached_tokens: 40,
        cache_write_tokens: 10,
        audio_tokens: 5,
        image_tokens: 6,
        text_tokens: 89,
      },
      completion_tokens_details: {
        reasoning_tokens: 20,
        audio_tokens: 3,
        text_tokens: 27,
        accepted_prediction_tokens: 2,
        rejected_prediction_tokens: 1,
      },
    },
    {
      inputTokens: 100,
      cacheReadTokens: 40,
      cacheWriteTokens: 10,
      outputTokens: 50,
      reasoningTokens: 20,
      totalTokens: 150,
      details: {
        audioInputTokens: 5,
        imageInputTokens: 6,
        textInputTokens: 89,
        audioOutputTokens: 3,
        textOutputTokens: 27,
        acceptedPredictionTokens: 2,
        rejectedPredictionTokens: 1,
      },
    },
  ],
  [
    'chat without details',
    { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
    { ...nothing, inputTokens: 3, outputTokens: 4, totalTokens: 7 },
  ],
  [
    'responses',
    {
      input_tokens: 30,
      input_tokens_details: {
        cached_tokens: 8,
        cache_write_tokens: 3,
        cache_write_tokens_details: { ttl_30m_tokens: 3 },
      },
      output_tokens: 9,
      output_tokens_details: { reasoning_tokens: 6 },
      total_tokens: 39,
    },
    {
      inputTokens: 30,
      cacheReadTokens: 8,
      cacheWriteTokens: 3,
      outputTokens: 9,
      reasoningTokens: 6,
      totalTokens: 39,
    },
  ],
  [
    'embeddings',
    { prompt_tokens: 8, total_tokens: 8 },
    { ...nothing, inputTokens: 8, outputTokens: 0, totalTokens: 8 },
  ],
  [
    'images',
    {
      input_tokens: 30,
      input_tokens_details: { image_tokens: 20, text_tokens: 10 },
      output_tokens: 40,
      output_tokens_details: { image_tokens: 38, text_tokens: 2 },
      total_tokens: 70,
    },
    {
      ...nothing,
      inputTokens: 30,
      outputTokens: 40,
      totalTokens: 70,
      details: { imageInputTokens: 20, textInputTokens: 10, imageOutputTokens: 38, textOutputTokens: 2 },
    },
  ],
  [
    'a transcription by tokens',
    {
      type: 'tokens',
      input_tokens: 14,
      input_token_details: { audio_tokens: 14, text_tokens: 0 },
      output_tokens: 5,
      total_tokens: 19,
    },
    { ...nothing, inputTokens: 14, outputTokens: 5, totalTokens: 19, details: { audioInputTokens: 14 } },
  ],
  [
    'a transcription by time',
    { type: 'duration', seconds: 9 },
    { ...nothing, inputTokens: 0, outputTokens: 0, totalTokens: 0, details: { audioSeconds: 9 } },
  ],
  [
    "DeepSeek's cache",
    {
      prompt_tokens: 10,
      completion_tokens: 1,
      total_tokens: 11,
      prompt_cache_hit_tokens: 6,
      prompt_cache_miss_tokens: 4,
    },
    { ...nothing, inputTokens: 10, cacheReadTokens: 6, outputTokens: 1, totalTokens: 11 },
  ],
  [
    'no total',
    { prompt_tokens: 3, completion_tokens: 4 },
    { ...nothing, inputTokens: 3, outputTokens: 4, totalTokens: 7 },
  ],
  [
    'null details and odd numbers',
    {
      prompt_tokens: '3',
      completion_tokens: null,
      total_tokens: Number.NaN,
      prompt_tokens_details: null,
      completion_tokens_details: { reasoning_tokens: -1 },
    },
    { ...nothing, inputTokens: 3, outputTokens: 0, totalTokens: 3 },
  ],
]

describe('convertUsage', () => {
  test.each(shapes)('%s', (_name, usage, expected) => {
    expect(convertUsage(usage, 'openai', 'm')).toEqual({ provider: 'openai', model: 'm', ...expected })
  })

  test.each([undefined, null, 'none', 7])('%s is no usage', (usage) => {
    expect(convertUsage(usage, 'openai', 'm')).toBeUndefined()
  })
})
