import { expect, it } from 'vitest'

import { answerMs, callFor, callOf, streamAll } from './call.ts'
import { onlyPart } from './parts.ts'
import { metadataOf } from './pincer-metadata.ts'
import { modelOf, type ProviderSubject } from './subject.ts'

/** Tokens: `streamAll` holds every usage to its shape and its sums. */
export function usageChecks(subject: () => ProviderSubject): void {
  it.for(['say', 'own', 'reason'] as const)('is what the gateway counted: %s', async (kind) => {
    const { prompts, cannot } = subject()
    const options = kind === 'say' ? callOf(prompts.say('counted')) : callFor(subject(), kind)
    const finish = onlyPart(await streamAll(modelOf(subject()), options), 'finish')
    const { inputTokens, outputTokens } = finish.usage
    if (cannot.includes('usage')) {
      // Nothing is known: that is not the same as nothing.
      return expect([inputTokens.total, outputTokens.total]).toEqual([undefined, undefined])
    }
    const run = subject().started.find((found) => found.runId === metadataOf(finish).runId)
    const counted = (await run?.wait({ timeoutMs: answerMs }))?.usage
    expect(counted?.inputTokens).toBeGreaterThan(0)
    expect(inputTokens).toMatchObject({
      total: counted?.inputTokens,
      cacheRead: counted?.cacheReadTokens,
      cacheWrite: counted?.cacheWriteTokens,
    })
    expect(outputTokens).toMatchObject({ total: counted?.outputTokens, reasoning: counted?.reasoningTokens })
    const { costUsd } = metadataOf(finish)
    if (costUsd !== undefined) expect(costUsd).toBeCloseTo(counted?.costUsd ?? Number.NaN)
    else expect(counted?.costUsd).toBeUndefined()
  })

  it('tells what was spent on thinking', async () => {
    if (subject().cannot.includes('reasoning') || subject().cannot.includes('usage')) return
    const { usage } = onlyPart(await streamAll(modelOf(subject()), callFor(subject(), 'reason')), 'finish')
    expect(usage.outputTokens.reasoning).toBeGreaterThan(0)
  })

  it('is known of a run that failed, or is not told at all', async () => {
    const { usage } = onlyPart(await streamAll(modelOf(subject()), callFor(subject(), 'fail')), 'finish')
    expect(usage.inputTokens.total ?? 1).toBeGreaterThanOrEqual(0)
  })
}
