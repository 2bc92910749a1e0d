import type { GuardDecision, GuardVerdict } from '../methods/guard-results.ts'
import { isFields } from './invalid-input.ts'

const verdicts: readonly unknown[] = ['allow', 'warn', 'block', 'require_approval']

/** Reads a decision of the guard out of an answer: every list is there, whichever server it comes from; `undefined` where it is none. */
export function parseDecision(value: unknown): GuardDecision | undefined {
  if (!isFields(value) || !verdicts.includes(value['decision'])) return undefined
  const reasons = texts(value['reasons'])
  const warnings = texts(value['warnings'])
  const risk = value['risk_score']
  const reason = value['reason']
  return {
    ...value,
    decision: value['decision'] as GuardVerdict,
    reason: typeof reason === 'string' ? reason : reasons.length === 0 ? null : reasons.join('; '),
    reasons,
    warnings,
    signals: Array.isArray(value['signals']) ? texts(value['signals']) : [...warnings, ...reasons],
    matched_policies: texts(value['matched_policies']),
    risk_score: typeof risk === 'number' ? risk : null,
  }
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
