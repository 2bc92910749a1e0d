import type { LanguageModelV4CallOptions, LanguageModelV4StreamPart, SharedV4Warning } from '@ai-sdk/provider'
import { expect, it } from 'vitest'

import { answerMs, callOf, streamAll } from './call.ts'
import { onlyPart } from './parts.ts'
import { within } from './read-parts.ts'
import { modelOf, type ProviderSubject } from './subject.ts'

/** Settings that agents of a gateway do not take: the gateway's own settings of the agent hold. */
const ignored: readonly (readonly [string, Partial<LanguageModelV4CallOptions>])[] = [
  ['temperature', { temperature: 0.5 }],
  ['topP', { topP: 0.5 }],
  ['topK', { topK: 5 }],
  ['presencePenalty', { presencePenalty: 0.5 }],
  ['frequencyPenalty', { frequencyPenalty: 0.5 }],
  ['seed', { seed: 7 }],
  ['stopSequences', { stopSequences: ['.'] }],
  ['maxOutputTokens', { maxOutputTokens: 10_000 }],
]

/** Every setting is followed or warned about; nothing else is warned about. */
export function warningChecks(subject: () => ProviderSubject): void {
  const takes = (): readonly string[] => subject().gateway.agents?.takes ?? []

  it('are none where nothing is set', async () => {
    expect(await warningsOf(subject(), {})).toEqual([])
  })

  it('name each setting that is not followed, once', async () => {
    const all = Object.assign(
      {},
      ...ignored.map(([, setting]) => setting),
    ) as Partial<LanguageModelV4CallOptions>
    const warnings = await warningsOf(subject(), all)
    expect(warnings.map(featureOf).toSorted()).toEqual(ignored.map(([name]) => name).toSorted())
    for (const warning of warnings) expect(warning.type).toBe('unsupported')
  })

  it('are the same for an answer as a whole', async () => {
    const options = callOf(subject().prompts.say('warned'), { temperature: 0.5 })
    const { warnings } = await within(modelOf(subject()).doGenerate(options), answerMs)
    expect(warnings.map(featureOf)).toEqual(['temperature'])
  })

  it('are none for what is followed, and one for each gateway’s own gap', async () => {
    for (const [setting, value] of [
      ['timeoutMs', 60_000],
      ['label', 'a label'],
    ] as const) {
      const warnings = await warningsOf(subject(), { providerOptions: { pincer: { [setting]: value } } })
      expect(warnings.map(featureOf), setting).toEqual(
        takes().includes(setting) ? [] : [expect.stringContaining(setting)],
      )
    }
  })

  it('tell of `reasoning` where the gateway does not let the caller say how much', async () => {
    expect(await warningsOf(subject(), { reasoning: 'provider-default' })).toEqual([])
    const warnings = await warningsOf(subject(), { reasoning: 'low' })
    expect(warnings.map(featureOf)).toEqual(takes().includes('thinking') ? [] : ['reasoning'])
  })

  it('tell of tools where the gateway does not take them', async () => {
    const warnings = await warningsOf(subject(), {
      tools: [{ type: 'function', name: 'add_up', inputSchema: { type: 'object', properties: {} } }],
    })
    if (takes().includes('tools')) expect(warnings).toEqual([])
    else expect(warnings.map(featureOf).join()).toMatch(/tool/)
  })

  it('tell of tools that another provider would execute', async () => {
    const warnings = await warningsOf(subject(), {
      tools: [{ type: 'provider', id: 'other.search', name: 'search', args: {} }],
    })
    expect(warnings).toHaveLength(1)
    expect(JSON.stringify(warnings)).toContain('other.search')
  })
}

async function warningsOf(
  subject: ProviderSubject,
  more: Partial<LanguageModelV4CallOptions>,
): Promise<readonly SharedV4Warning[]> {
  const parts: readonly LanguageModelV4StreamPart[] = await streamAll(
    modelOf(subject),
    callOf(subject.prompts.say('heard'), more),
  )
  return onlyPart(parts, 'stream-start').warnings
}

function featureOf(warning: SharedV4Warning): string {
  return 'feature' in warning ? warning.feature : JSON.stringify(warning)
}
