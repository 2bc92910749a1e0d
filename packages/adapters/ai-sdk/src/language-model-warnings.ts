import type { LanguageModelV4CallOptions, SharedV4Warning } from '@ai-sdk/provider'
import type { AgentRunSetting } from '@pincer/protocol'

import type { PincerOptions } from './provider-options.ts'

// Settings of a model, which a gateway's agent has itself.
const ofAgents = [
  'maxOutputTokens',
  'temperature',
  'stopSequences',
  'topP',
  'topK',
  'presencePenalty',
  'frequencyPenalty',
  'seed',
] as const

// What a gateway may not follow, by the name under which a call says it.
const ofGateways = ['model', 'timeoutMs', 'label', 'thinking'] as const

/** Warns of every setting of a call that the gateway does not follow. */
export function settingWarnings(
  options: LanguageModelV4CallOptions,
  pincer: PincerOptions,
  takes: ReadonlySet<AgentRunSetting>,
  gateway: string,
): SharedV4Warning[] {
  const warnings: SharedV4Warning[] = []
  for (const feature of ofAgents) {
    if (options[feature] === undefined) continue
    warnings.push(unsupported(feature, `the agent has its own; set it on the gateway "${gateway}"`))
  }
  for (const name of ofGateways) {
    if (pincer[name] === undefined || takes.has(name)) continue
    warnings.push(unsupported(`providerOptions.pincer.${name}`, `the gateway "${gateway}" ignores it`))
  }
  if (wantsThinking(options) && pincer.thinking === undefined && !takes.has('thinking'))
    warnings.push(
      unsupported('reasoning', `the gateway "${gateway}" lets nobody say how much its agents think`),
    )
  const header = Object.keys(options.headers ?? {}).find((name) => name.toLowerCase() !== 'user-agent')
  if (header !== undefined)
    warnings.push(
      unsupported(
        'headers',
        `the client of the gateway "${gateway}" makes the requests; give it the headers`,
      ),
    )
  return warnings
}

/** A warning of something that is left out. */
export function unsupported(feature: string, details: string): SharedV4Warning {
  return { type: 'unsupported', feature, details }
}

/** True where the call says how much the agent thinks. */
export function wantsThinking({ reasoning }: Pick<LanguageModelV4CallOptions, 'reasoning'>): boolean {
  return reasoning !== undefined && reasoning !== 'provider-default'
}
