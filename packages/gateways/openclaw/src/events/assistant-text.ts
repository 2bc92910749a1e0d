import type { GatewayEvent } from '@pincer/protocol'
import type { NormalizerState } from './normalizer-state.ts'
import type { RunState } from './run-state.ts'

const maxFinishedItems = 8
// Far above any answer: what would go on for ever is told, but no longer summed up.
const maxTextLength = 16_777_216

/**
 * Tells a piece of a message of the assistant.
 *
 * `text` is the whole message so far, `delta` its last piece: where a frame was lost or came twice, the whole decides.
 */
export function tellText(
  state: NormalizerState,
  run: RunState,
  itemId: string | undefined,
  text: string | undefined,
  delta: string | undefined,
  replace: boolean,
  frame: GatewayEvent | undefined,
  ts: number,
): void {
  if (itemId !== run.itemId) turnToItem(state, run, itemId, frame, ts)
  const known = run.text
  if (replace) {
    const whole = text ?? delta ?? ''
    if (whole !== known) tellDelta(state, run, whole, whole, true, frame, ts)
  } else if (text === undefined) {
    const whole = delta === undefined || known.length > maxTextLength ? known : known + delta
    if (delta !== undefined && delta !== '') tellDelta(state, run, whole, delta, false, frame, ts)
  } else if (
    delta !== undefined &&
    delta !== '' &&
    text.length === known.length + delta.length &&
    text.endsWith(delta)
  ) {
    tellDelta(state, run, text, delta, false, frame, ts)
  } else if (text.length > known.length && text.startsWith(known)) {
    tellDelta(state, run, text, text.slice(known.length), false, frame, ts)
  } else if (!known.startsWith(text)) {
    tellDelta(state, run, text, text, true, frame, ts)
  }
}

function tellDelta(
  state: NormalizerState,
  run: RunState,
  text: string,
  delta: string,
  replace: boolean,
  frame: GatewayEvent | undefined,
  ts: number,
): void {
  run.text = text
  const itemId = run.itemId
  const data =
    itemId === undefined
      ? replace
        ? { delta, replace }
        : { delta }
      : replace
        ? { delta, itemId, replace }
        : { delta, itemId }
  state.teller.inRun(run, 'assistant.delta', data, frame, ts)
}

function turnToItem(
  state: NormalizerState,
  run: RunState,
  itemId: string | undefined,
  frame: GatewayEvent | undefined,
  ts: number,
): void {
  finishText(state, run, frame, ts)
  run.itemId = itemId
  run.text = itemId === undefined ? '' : (run.finishedItems.get(itemId) ?? '')
}

/** Tells the message that was being written as a whole, where there is one and it was not told yet. */
export function finishText(
  state: NormalizerState,
  run: RunState,
  frame: GatewayEvent | undefined,
  ts: number,
): void {
  const { itemId, text } = run
  if (itemId === undefined && text === '') return
  run.itemId = undefined
  run.text = ''
  const isNew = itemId === undefined || run.finishedItems.get(itemId) !== text
  if (itemId !== undefined) remember(run, itemId, text)
  if (text === '' || !isNew) return
  run.lastText = text
  state.teller.inRun(run, 'assistant.message', itemId === undefined ? { text } : { text, itemId }, frame, ts)
}

function remember(run: RunState, itemId: string, text: string): void {
  run.finishedItems.delete(itemId)
  run.finishedItems.set(itemId, text)
  if (run.finishedItems.size <= maxFinishedItems) return
  for (const oldest of run.finishedItems.keys()) {
    run.finishedItems.delete(oldest)
    return
  }
}

/** Takes back what was shown of the message that was being written: its run begins it anew. */
export function discardText(state: NormalizerState, run: RunState, ts: number): void {
  const { itemId, text } = run
  run.itemId = undefined
  run.text = ''
  run.thinking = ''
  if (text === '') return
  const data = itemId === undefined ? { delta: '', replace: true } : { delta: '', itemId, replace: true }
  state.teller.inRun(run, 'assistant.delta', data, undefined, ts)
}

/** Tells a piece of what the model thinks. */
export function tellThinking(
  state: NormalizerState,
  run: RunState,
  text: string | undefined,
  delta: string | undefined,
  frame: GatewayEvent,
  ts: number,
): void {
  let piece = delta ?? ''
  if (text !== undefined) {
    if (text === run.thinking) return
    if (piece === '') piece = text.startsWith(run.thinking) ? text.slice(run.thinking.length) : text
    run.thinking = text
  }
  if (piece !== '') state.teller.inRun(run, 'thinking.delta', { delta: piece }, frame, ts)
}
