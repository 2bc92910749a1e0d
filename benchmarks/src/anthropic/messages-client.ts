import { Anthropic } from '@anthropic-ai/sdk'

import { cannedFetch } from './canned-messages.ts'

/** Makes a client that reaches the canned service by function call. */
export function makeAnthropic(options: object = {}): Anthropic {
  return new Anthropic({ apiKey: 'bench', maxRetries: 0, fetch: cannedFetch as typeof fetch, ...options })
}

/** What every call asks. */
export const request: Anthropic.MessageCreateParamsNonStreaming = {
  model: 'claude-opus-5',
  max_tokens: 1_024,
  system: 'You answer in one sentence.',
  messages: [{ role: 'user', content: 'What is the weather in Bergen?' }],
}
