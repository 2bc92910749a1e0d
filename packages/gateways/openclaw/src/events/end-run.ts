import type { ErrorInfo, GatewayEvent, JsonValue } from '@pincer/protocol'
import { cancelApprovals } from './approval-state.ts'
import { discardText, finishText, tellText } from './assistant-text.ts'
import type { NormalizerState } from './normalizer-state.ts'
import { forgetRun, startRun } from './open-run.ts'
import type { RunState } from './run-state.ts'
import { endOpenTools, settleTools } from './tool-end.ts'

/** How a run ended, in our words. */
export interface RunEnding {
  readonly status: 'completed' | 'failed' | 'cancelled' | 'timed_out'
  /** The last message; the one that was told last where absent. */
  readonly text?: string | undefined
  readonly stopReason?: string | undefined
  /** Why it was cancelled or timed out. */
  readonly reason?: string | undefined
  readonly error?: ErrorInfo | undefined
  /** Epoch milliseconds. */
  readonly startedAt?: number | undefined
  /** Epoch milliseconds. */
  readonly endedAt?: number | undefined
}

/** Tells the one terminal event of a run, after the ends of all that was open in it; nothing of the run is told any more. */
export function endRun(
  state: NormalizerState,
  run: RunState,
  ending: RunEnding,
  frame: GatewayEvent | undefined,
  ts: number,
): void {
  startRun(state, run, frame, ts)
  settleTools(state, run)
  completeText(state, run, ending.text, frame, ts)
  finishText(state, run, frame, ts)
  cancelApprovals(state, run, frame, ts)
  endOpenTools(state, run, ending.status, frame, ts)
  forgetRun(state, run)
  const startedAt = ending.startedAt ?? run.startedAt
  const durationMs =
    startedAt !== undefined && ending.endedAt !== undefined && ending.endedAt >= startedAt
      ? ending.endedAt - startedAt
      : undefined
  const output = ending.text ?? run.lastText
  const end: { output?: JsonValue; durationMs?: number } = {}
  if (output !== undefined) end.output = output
  if (durationMs !== undefined) end.durationMs = durationMs
  const { teller } = state
  if (ending.status === 'completed') {
    const { stopReason } = ending
    teller.inRun(run, 'run.completed', stopReason === undefined ? end : { ...end, stopReason }, frame, ts)
  } else if (ending.status === 'failed') {
    const error = ending.error ?? { message: 'the run failed' }
    teller.inRun(run, 'run.failed', { error, ...end }, frame, ts)
  } else {
    const { reason } = ending
    const type = ending.status === 'cancelled' ? 'run.cancelled' : 'run.timed_out'
    teller.inRun(run, type, reason === undefined ? end : { reason, ...end }, frame, ts)
  }
}

// Some runs are told without their text, and frames get lost: what the Gateway says at the end makes up for it.
function completeText(
  state: NormalizerState,
  run: RunState,
  text: string | undefined,
  frame: GatewayEvent | undefined,
  ts: number,
): void {
  if (text === undefined) return
  const isMissing = run.text === '' ? run.lastText === undefined : text.startsWith(run.text)
  if (isMissing) tellText(state, run, run.itemId, text, undefined, false, frame, ts)
}

/** Closes what a Gateway that is gone has left open in a run, which another Gateway process goes on with. */
export function interruptRun(state: NormalizerState, run: RunState, ts: number): void {
  settleTools(state, run)
  discardText(state, run, ts)
  cancelApprovals(state, run, undefined, ts)
  endOpenTools(state, run, 'failed', undefined, ts)
  run.abort = undefined
  state.waiting.delete(run)
}
