import { describe, expect, test } from 'vitest'

import { convertUsage } from '../src/convert-usage.ts'

const nothing = { cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 }

// One row for every shape that the API, or a service that imitates it, is known to send.
const shapes: readonly (readonly [string, unknown, object])[] = [
  [
    'everything',
    {
      input_tokens: 100,
      cache_creation_input_tokens: 30,
      cache_read_input_tokens: 40,
      cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
      output_tokens: 50,
      output_tokens_details: { thinking_tokens: 20 },
      server_tool_use: { web_search_requests: 2, web_fetch_requests: 1 },
      service_tier: 'priority',
      speed: 'fast',
      inference_geo: 'eu',
    },
    {
      inputTokens: 170,
      cacheReadTokens: 40,
      cacheWriteTokens: 30,
      outputTokens: 50,
      reasoningTokens: 20,
      totalTokens: 220,
      details: {
        cacheWrite5mTokens: 10,
        cacheWrite1hTokens: 20,
        webSearchRequests: 2,
        webFetchRequests: 1,
        priorityTierCalls: 1,
        fastCalls: 1,
      },
    },
  ],
  [
    'the least',
    { input_tokens: 3, output_tokens: 4 },
    { ...nothing, inputTokens: 3, outputTokens: 4, totalTokens: 7 },
  ],
  [
    'nulls for what does not apply',
    {
      input_tokens: 3,
      output_tokens: 4,
      cache_creation: null,
      cache_creation_input_tokens: null,
      cache_read_input_tokens: null,
      server_tool_use: null,
      service_tier: null,
      output_tokens_details: null,
      speed: 'standard',
      iterations: null,
    },
    { ...nothing, inputTokens: 3, outputTokens: 4, totalTokens: 7 },
  ],
  [
    'a batch',
    { input_tokens: 3, output_tokens: 4, service_tier: 'batch' },
    { ...nothing, inputTokens: 3, outputTokens: 4, totalTokens: 7, details: { batchTierCalls: 1 } },
  ],
  [
    'a compaction on the server, billed beside the totals, and an advisor of other prices',
    {
      input_tokens: 10,
      output_tokens: 5,
      iterations: [
        { type: 'message', input_tokens: 10, output_tokens: 5 },
        {
          type: 'compaction',
          input_tokens: 100,
          cache_read_input_tokens: 20,
          cache_creation_input_tokens: 0,
          output_tokens: 30,
        },
        { type: 'advisor_message', input_tokens: 7, output_tokens: 2 },
        null,
      ],
    },
    {
      ...nothing,
      inputTokens: 130,
      cacheReadTokens: 20,
      outputTokens: 35,
      totalTokens: 165,
      details: { compactionTokens: 150, advisorInputTokens: 7, advisorOutputTokens: 2 },
    },
  ],
  [
    'odd numbers and words',
    { input_tokens: '3', output_tokens: Number.NaN, cache_read_input_tokens: -1, service_tier: 'not a word' },
    { ...nothing, inputTokens: 3, outputTokens: 0, totalTokens: 3 },
  ],
]

describe('convertUsage', () => {
  test.each(shapes)('%s', (_name, usage, expected) => {
    expect(convertUsage(usage, 'anthropic', 'm')).toEqual({ provider: 'anthropic', model: 'm', ...expected })
  })

  test.each([undefined, null, 'none', 7])('%s is no usage', (usage) => {
    expect(convertUsage(usage, 'anthropic', 'm')).toBeUndefined()
  })
})
