import type { ClawEventOf } from '@pincer/protocol'
import { callMethod, type CallContext } from '../methods/bind-methods.ts'
import { tokenMethods } from '../methods/token-methods.ts'
import { DashClawError } from '../request/dashclaw-error.ts'

/** Reports the tokens of model calls. */
export type TokenReport = (
  usage: ClawEventOf<'usage.reported'>,
  signal: AbortSignal | undefined,
) => Promise<void>

// A server may be replaced by one that has the route.
const restMs = 600_000
const absent: readonly unknown[] = [404, 405, 501]

/** Makes what reports tokens where the server has a place for them; those of the 2.10 era keep them in the rows of actions only. */
export function createTokenReport(context: CallContext): TokenReport {
  let restUntil = 0
  return async ({ data, agentId, sessionKey, runId }, signal) => {
    if (performance.now() < restUntil) return
    const { inputTokens, outputTokens, model } = data
    const details = {
      ...(model === '' ? {} : { model }),
      ...(agentId === undefined ? {} : { agent_id: agentId }),
      session_key: sessionKey ?? runId,
    }
    const options = signal === undefined ? {} : { signal }
    try {
      await callMethod(context, 'reportTokenUsage', tokenMethods.reportTokenUsage, [
        Math.round(inputTokens),
        Math.round(outputTokens),
        details,
        options,
      ])
    } catch (error) {
      if (!(error instanceof DashClawError)) throw error
      if (absent.includes(error.status)) restUntil = performance.now() + restMs
      // Counts that the server refuses stand in the row all the same.
      else if (error.status !== 400) throw error
    }
  }
}
