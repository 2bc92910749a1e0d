import type { LanguageModelV4Content } from '@ai-sdk/provider'
import { expect, it } from 'vitest'

import { answerMs, callFor, callOf, streamAll } from './call.ts'
import { onlyPart, type Part } from './parts.ts'
import { metadataOf } from './pincer-metadata.ts'
import { within } from './read-parts.ts'
import { modelOf, type ProviderSubject } from './subject.ts'
import { usageBreaches } from './usage-rules.ts'

/** `doGenerate`: the same answer, told at once. */
export function generateChecks(subject: () => ProviderSubject): void {
  it.for(['say', 'own', 'reason', 'length', 'long'] as const)(
    'are the sum of the stream: %s',
    async (kind) => {
      const { prompts, cannot } = subject()
      if (kind === 'own' && cannot.includes('own tool')) return
      const options = kind === 'say' ? callOf(prompts.say('the same')) : callFor(subject(), kind)
      const parts = await streamAll(modelOf(subject()), options)
      const result = await within(modelOf(subject()).doGenerate(options), answerMs)
      const finish = onlyPart(parts, 'finish')
      expect(plain(result.content)).toEqual(plain(sumOf(parts)))
      expect(result.finishReason).toEqual(finish.finishReason)
      expect(result.warnings).toEqual(onlyPart(parts, 'stream-start').warnings)
      expect(result.response?.id).toBe(metadataOf(result).runId)
      expect(result.response?.modelId).toBe(onlyPart(parts, 'response-metadata').modelId)
      expect(usageBreaches(result.usage)).toEqual([])
      const { raw: _raw, ...usage } = result.usage
      const { raw: _streamed, ...streamed } = finish.usage
      if (!cannot.includes('usage'))
        expect(inputSpread(usage.inputTokens, streamed.inputTokens)).toBeLessThan(0.1)
      expect(usage.outputTokens).toEqual(streamed.outputTokens)
    },
  )

  it('have one result for each call of a tool', async () => {
    if (subject().cannot.includes('own tool')) return
    const { content } = await within(modelOf(subject()).doGenerate(callFor(subject(), 'own')), answerMs)
    const calls = content.flatMap((part) => (part.type === 'tool-call' ? [part.toolCallId] : []))
    const results = content.flatMap((part) => (part.type === 'tool-result' ? [part.toolCallId] : []))
    expect(calls).toHaveLength(1)
    expect(results).toEqual(calls)
  })

  it('are thrown where the run fails', async () => {
    const failing = modelOf(subject()).doGenerate(callFor(subject(), 'fail'))
    await expect(within(failing, answerMs)).rejects.toMatchObject({ name: 'GatewayError', retryable: false })
  })
}

// Prompts of real agents hold the time and the like, so that their length differs by a few tokens.
function inputSpread(one: { total: number | undefined }, other: { total: number | undefined }): number {
  const [left = 0, right = 0] = [one.total, other.total]
  return Math.abs(left - right) / Math.max(left, right, 1)
}

/** The content that the parts of a stream make together. */
export function sumOf(parts: readonly Part[]): LanguageModelV4Content[] {
  const content: LanguageModelV4Content[] = []
  const blocks = new Map<string, { text: string }>()
  for (const part of parts) {
    switch (part.type) {
      case 'text-start':
      case 'reasoning-start': {
        const block = {
          type: part.type === 'text-start' ? ('text' as const) : ('reasoning' as const),
          text: '',
        }
        blocks.set(`${block.type} ${part.id}`, block)
        content.push(block)
        break
      }
      case 'text-delta':
      case 'reasoning-delta': {
        const block = blocks.get(`${part.type.replace('-delta', '')} ${part.id}`)
        if (block !== undefined) block.text += part.delta
        break
      }
      case 'tool-call':
      case 'tool-approval-request':
      case 'file':
      case 'source':
        content.push(part)
        break
      case 'tool-result':
        if (part.preliminary !== true) content.push(part)
        break
      default:
    }
  }
  return content
}

// Ids differ from run to run, and so do times that tools tell.
function plain(content: readonly LanguageModelV4Content[]): unknown[] {
  const ids = new Map<string, string>()
  const named = (id: string): string => {
    if (!ids.has(id)) ids.set(id, `id ${ids.size + 1}`)
    return ids.get(id) ?? id
  }
  return content.map((part) => {
    switch (part.type) {
      case 'text':
      case 'reasoning':
        return { type: part.type, text: part.text }
      case 'tool-call':
        return { ...part, toolCallId: named(part.toolCallId), providerMetadata: undefined }
      case 'tool-result':
        return {
          type: part.type,
          toolCallId: named(part.toolCallId),
          toolName: part.toolName,
          dynamic: part.dynamic,
          isError: part.isError ?? false,
        }
      default:
        return { type: part.type }
    }
  })
}
