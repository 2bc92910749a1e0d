import { callMethod, type CallContext } from '../methods/bind-methods.ts'
import { guardMethods } from '../methods/guard-methods.ts'
import type { GuardContext, GuardDecision, GuardSettings } from '../methods/guard-results.ts'
import type { CallOptions } from '../methods/method.ts'
import { DashClawError } from '../request/dashclaw-error.ts'
import { parseDecision } from '../request/parse-decision.ts'

/**
 * Asks the guard; a refusal is an answer, whichever status the server gives it.
 *
 * @throws DashClawError where there is no decision in the answer: it must not pass for a permission.
 */
export async function askGuard(
  context: CallContext,
  about: GuardContext,
  settings: GuardSettings,
  options: CallOptions,
): Promise<GuardDecision> {
  const answer = await callMethod(context, 'guard', guardMethods.guard, [about, settings, options]).catch(
    (error: unknown) => {
      // Servers of 2.0.x answer a refusal with 403.
      if (
        error instanceof DashClawError &&
        error.status === 403 &&
        parseDecision(error.answer) !== undefined
      ) {
        return error.answer
      }
      throw error
    },
  )
  const decision = parseDecision(answer)
  if (decision !== undefined) return decision
  throw new DashClawError('guard: the answer holds no decision; check that `baseUrl` is a DashClaw server', {
    gatewayCode: 'broken_answer',
    attempts: 1,
  })
}
