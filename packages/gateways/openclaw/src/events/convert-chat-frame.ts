import type { GatewayEvent } from '@pincer/protocol'
import { tellText } from './assistant-text.ts'
import { convertChatEnding } from './convert-ending.ts'
import { endRun } from './end-run.ts'
import type { NormalizerState } from './normalizer-state.ts'
import { openRun, startRun } from './open-run.ts'
import { type Fields, parseContent, parseCount, parseFields, parseId, parseText } from './parse-fields.ts'
import type { RunState } from './run-state.ts'

// The end of the `agent` family comes some milliseconds after the `chat` family told that a run was stopped.
const framesToWait = 8

/** Reads a frame of the `chat` family, which repeats what the `agent` family tells; returns false where it is about no run. */
export function convertChatFrame(state: NormalizerState, payload: Fields, frame: GatewayEvent): boolean {
  const runId = parseId(payload['runId'])
  if (runId === undefined) return false
  const chatState = payload['state']
  const message = parseFields(payload['message'])
  if (runId.startsWith('inject-')) return convertInjected(state, runId, payload, message, frame)
  const run = openRun(state, runId)
  if (run === undefined) return true
  if (run.agentTold && chatState === 'delta') return true
  run.sessionKey ??= parseId(payload['sessionKey'])
  run.agentId ??= parseId(payload['agentId'])
  const ts = parseCount(message['timestamp']) ?? state.now()
  switch (chatState) {
    case 'delta':
      startRun(state, run, frame, ts)
      tellChatText(state, run, payload, message, frame, ts)
      break
    case 'final':
    case 'error':
    case 'aborted':
      if (run.abort !== undefined) break
      startRun(state, run, frame, ts)
      if (!run.agentTold) tellChatText(state, run, payload, message, frame, ts)
      if (run.agentTold && chatState === 'aborted') {
        run.abort = { frame, ts, framesLeft: framesToWait }
        state.waiting.add(run)
      } else endRun(state, run, convertChatEnding(payload), frame, ts)
      break
    case 'status':
      // `run_status` of the `agent` family says the same.
      startRun(state, run, frame, ts)
      break
    default:
      return false
  }
  return true
}

function tellChatText(
  state: NormalizerState,
  run: RunState,
  payload: Fields,
  message: Fields,
  frame: GatewayEvent,
  ts: number,
): void {
  const text = parseContent(message['content'])
  const delta = parseText(payload['deltaText'])
  tellText(state, run, undefined, text, delta, payload['replace'] === true, frame, ts)
}

// Text that somebody put into a session (`chat.inject`): no run has written it.
function convertInjected(
  state: NormalizerState,
  runId: string,
  payload: Fields,
  message: Fields,
  frame: GatewayEvent,
): boolean {
  const text = parseContent(message['content'])
  const itemId = runId.slice('inject-'.length)
  if (payload['state'] !== 'final' || text === undefined || text === '' || itemId === '') return false
  if (state.injected.has(itemId)) return true
  state.injected.add(itemId)
  state.teller.beside('assistant.message', { text, itemId }, frame, {
    ts: parseCount(message['timestamp']) ?? state.now(),
    sessionKey: parseId(payload['sessionKey']),
    agentId: parseId(payload['agentId']),
  })
  return true
}
