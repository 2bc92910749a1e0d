import type { AgentRunSetting } from '@pincer/protocol'

/** The settings of a run that this gateway follows, in this process and over HTTP: all there are. */
export const agentSettings: readonly AgentRunSetting[] = [
  'model',
  'tools',
  'timeoutMs',
  'parentRunId',
  'thinking',
  'label',
]

/** How much a model can be asked to think. */
export const thinkingLevels = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] as const

/** One of {@link thinkingLevels}. */
export type ThinkingLevel = (typeof thinkingLevels)[number]

/** Tells whether a text is one of {@link thinkingLevels}. */
export function isThinkingLevel(value: unknown): value is ThinkingLevel {
  return thinkingLevels.some((level) => level === value)
}
