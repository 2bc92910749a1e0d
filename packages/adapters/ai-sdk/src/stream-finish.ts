import type { LanguageModelV4FinishReason } from '@ai-sdk/provider'
import { GatewayError, type RunResult } from '@pincer/protocol'

import type { Refusal } from './run-account.ts'

type Unified = LanguageModelV4FinishReason['unified']

const unified: ReadonlyMap<string, Unified> = new Map<string, Unified>([
  ['stop', 'stop'],
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['completed', 'stop'],
  ['length', 'length'],
  ['max_tokens', 'length'],
  ['max_output_tokens', 'length'],
  ['content_filter', 'content-filter'],
  ['content-filter', 'content-filter'],
  ['refusal', 'content-filter'],
  ['tool_calls', 'tool-calls'],
  ['tool-calls', 'tool-calls'],
  ['tool_use', 'tool-calls'],
])

/** How a run ended, in the words of the AI SDK. */
export interface RunEnd {
  readonly finishReason: LanguageModelV4FinishReason
  /** Why it was stopped. */
  readonly reason?: string
  /** What went wrong, where the run failed. */
  readonly error?: GatewayError
}

/** Tells how a run ended. */
export function toRunEnd(result: RunResult, agent: string, refusal: Refusal | undefined): RunEnd {
  const { status, stopReason, toolCalls = [], error, runId } = result
  switch (status) {
    case 'completed': {
      const raw = toolCalls.length > 0 ? 'tool_calls' : (stopReason ?? 'stop')
      return { finishReason: { unified: unified.get(raw.toLowerCase()) ?? 'other', raw } }
    }
    case 'cancelled':
    case 'timed_out':
      return {
        finishReason: { unified: 'interrupted', raw: status },
        ...(error !== undefined && { reason: error.message }),
      }
    case 'accepted':
      return failed(runLost(runId, agent), 'run_lost')
    case 'failed':
  }
  if (refusal !== undefined)
    return {
      finishReason: { unified: 'content-filter', raw: refusal.outcome },
      reason: refusal.reason ?? refusal.message,
    }
  const why = error === undefined ? '' : `: ${error.message}`
  const failure = new GatewayError(`the run ${runId} of the agent "${agent}" failed${why}`, {
    ...(error?.status !== undefined && { status: error.status }),
    ...(error?.code !== undefined && { gatewayCode: error.code }),
  })
  return failed(failure, error?.code ?? 'failed')
}

/** The error of a run of which the gateway says nothing more. */
export function runLost(runId: string, agent: string, cause?: unknown): GatewayError {
  return new GatewayError(
    `the gateway says nothing more of the run ${runId} of the agent "${agent}", which has not ended; look at the gateway before you ask again`,
    { gatewayCode: 'run_lost', ...(cause !== undefined && { cause }) },
  )
}

function failed(error: GatewayError, raw: string): RunEnd {
  return { finishReason: { unified: 'error', raw }, error }
}
