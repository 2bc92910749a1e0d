import type { Cut } from './method.ts'

/** What the server takes of the texts for people that tell of an action. */
export const actionTexts: Readonly<Record<string, Cut>> = {
  declared_goal: 2000,
  reasoning: 4000,
  input_summary: 4000,
  output_summary: 4000,
  error_message: 4000,
  recommendation_override_reason: 500,
  systems_touched: { items: 50, characters: 500 },
  side_effects: { items: 50, characters: 500 },
  artifacts_created: { items: 100, characters: 500 },
}
