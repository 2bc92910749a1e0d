import { ApprovalDeniedError, GuardBlockedError, PincerError } from '@pincer/protocol'

import { scrub } from './scrub.ts'

// A gateway that is broken may give a reason without end.
const longestReason = 2_000

const words: Readonly<Record<string, string>> = {
  guard_blocked: 'was blocked and did not happen',
  guard_unavailable: 'needs a permission that nobody could be asked for, and did not happen',
  approval_denied: 'was denied by a person and did not happen',
  approval_timed_out: 'needs an approval that nobody gave in time, and did not happen',
}

/** The stable code of an error of ours; undefined for anything else. */
export function codeOf(error: unknown): string | undefined {
  return PincerError.isInstance(error) ? error.code : undefined
}

/** Tells a refusal by the guard or a person from everything else that can be thrown. */
export function isRefusal(error: unknown): boolean {
  return Object.hasOwn(words, codeOf(error) ?? '')
}

/**
 * Tells a model in words that its call was refused, and why, as {@link scrub} leaves it.
 *
 * @param args what the model itself wrote, and may read again
 */
export function tellRefusal(name: string, error: unknown, args: unknown): string {
  const said = words[codeOf(error) ?? ''] ?? 'was refused and did not happen'
  const given: unknown = reasonOf(error)
  const whole = typeof given === 'string' ? given : (JSON.stringify(given) ?? '')
  const shown = scrub(whole.slice(0, longestReason), args).trim()
  const reason = whole.length > longestReason ? `${shown}…` : shown
  return `The call of "${name}" ${said}.${reason === '' ? '' : ` Reason: ${reason}`}`
}

// Only what a guard or a person said; what went wrong on the way to them is nothing for a model.
function reasonOf(error: unknown): string {
  const code = codeOf(error)
  if (code === 'guard_blocked') return (error as GuardBlockedError).reason
  if (code === 'approval_denied') return (error as ApprovalDeniedError).reason
  return ''
}
