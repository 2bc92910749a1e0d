import type { LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider'
import { expect } from 'vitest'

import type { Part } from './parts.ts'
import { readParts, within } from './read-parts.ts'
import { type RuleOptions, streamBreaches } from './stream-rules.ts'
import type { Prompts, ProviderSubject } from './subject.ts'

type CallOptions = LanguageModelV4CallOptions

/** Milliseconds that a real agent may take for one answer. */
export const answerMs = 60_000

/** A call with one message of the user. */
export function callOf(text: string, more: Partial<CallOptions> = {}): CallOptions {
  return { prompt: [{ role: 'user', content: [{ type: 'text', text }] }], ...more }
}

/** A call with one of the subject's prompts, and what that prompt needs. */
export function callFor(
  { prompts, needs }: ProviderSubject,
  kind: Exclude<keyof Prompts, 'say' | 'call' | 'callBoth'>,
  more: Partial<CallOptions> = {},
): CallOptions {
  const needed = needs?.[kind]
  if (needed === undefined) return callOf(prompts[kind], more)
  const pincer = { ...needed, ...more.providerOptions?.['pincer'] }
  return callOf(prompts[kind], { ...more, providerOptions: { ...more.providerOptions, pincer } })
}

/** Opens a stream to read by hand. */
export async function openStream(
  model: LanguageModelV4,
  options: CallOptions,
): Promise<ReadableStreamDefaultReader<Part>> {
  const { stream } = await within(model.doStream(options), answerMs)
  return stream.getReader()
}

/** Streams an answer to its end, and holds it to every rule. */
export async function streamAll(
  model: LanguageModelV4,
  options: CallOptions,
  rules: RuleOptions = {},
): Promise<readonly Part[]> {
  const reading = await readParts(await openStream(model, options), { timeoutMs: answerMs })
  if (reading.failure !== undefined) throw reading.failure.error
  expect(streamBreaches(reading.parts, { earlierCalls: earlierCallsOf(options), ...rules })).toEqual([])
  return reading.parts
}

/** Ids of the calls that a prompt holds. */
function earlierCallsOf({ prompt }: CallOptions): string[] {
  return prompt.flatMap((message) =>
    message.role === 'assistant'
      ? message.content.flatMap((part) => (part.type === 'tool-call' ? [part.toolCallId] : []))
      : [],
  )
}
