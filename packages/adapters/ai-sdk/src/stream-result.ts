import type { ClawEvent, GatewayRun, RunResult } from '@pincer/protocol'

/** What a run came to, as its last event tells it: all but the calls that it leaves to the caller, and its usage. */
export function resultOf({ runId, sessionKey }: GatewayRun, end: ClawEvent | undefined): RunResult {
  const known = { runId, ...(sessionKey !== undefined && { sessionKey }) }
  switch (end?.type) {
    case 'run.completed': {
      const { output, stopReason } = end.data
      return {
        ...known,
        status: 'completed',
        ...(typeof output === 'string' && { text: output }),
        ...(stopReason !== undefined && { stopReason }),
      }
    }
    case 'run.failed':
      return { ...known, status: 'failed', error: end.data.error }
    case 'run.cancelled':
    case 'run.timed_out': {
      const { reason } = end.data
      const status = end.type === 'run.cancelled' ? 'cancelled' : 'timed_out'
      return { ...known, status, ...(reason !== undefined && { error: { message: reason } }) }
    }
    default:
      return { ...known, status: 'accepted' }
  }
}
