import type { GatewayEvent, SessionData } from '@pincer/protocol'
import type { NormalizerState } from './normalizer-state.ts'
import { findRun, ownRunId } from './open-run.ts'
import { type Fields, parseContent, parseCount, parseFields, parseId, parseText } from './parse-fields.ts'

/** Reads `sessions.changed`: `session.created`, `session.compacted`, or `session.updated` for all other reasons. */
export function convertSessionChanged(state: NormalizerState, payload: Fields, frame: GatewayEvent): boolean {
  const reason = parseText(payload['reason']) ?? parseText(payload['phase'])
  const session = parseFields(payload['session'])
  const label = parseText(payload['label']) ?? parseText(session['label'])
  const type =
    reason === 'create'
      ? 'session.created'
      : reason?.startsWith('compact') === true
        ? 'session.compacted'
        : 'session.updated'
  const data: SessionData = {
    ...(reason === undefined ? {} : { reason }),
    ...(label === undefined ? {} : { label }),
  }
  state.teller.beside(type, data, frame, {
    ts: parseCount(payload['ts']) ?? state.now(),
    sessionKey: parseId(payload['sessionKey']),
    sessionId: parseId(payload['sessionId']) ?? parseId(session['sessionId']),
    agentId: parseId(payload['agentId']),
  })
  return true
}

/**
 * Reads `session.message`: a row that was added to a session's history.
 *
 * Only text of the assistant that no run has told is told; returns false for all other rows.
 */
export function convertSessionMessage(state: NormalizerState, payload: Fields, frame: GatewayEvent): boolean {
  const message = parseFields(payload['message'])
  if (message['role'] !== 'assistant') return false
  const text = parseContent(message['content'])
  if (text === undefined || text === '') return false
  const row = parseFields(message['__openclaw'])
  const runId = parseId(payload['runId']) ?? parseId(row['runId'])
  if (
    runId !== undefined &&
    (findRun(state, runId) !== undefined || state.endedRuns.has(ownRunId(state, runId)))
  )
    return false
  const itemId = parseId(payload['messageId']) ?? parseId(row['id'])
  if (itemId !== undefined) {
    if (state.injected.has(itemId)) return false
    state.injected.add(itemId)
  }
  state.teller.beside('assistant.message', itemId === undefined ? { text } : { text, itemId }, frame, {
    ts: parseCount(message['timestamp']) ?? state.now(),
    runId,
    sessionKey: parseId(payload['sessionKey']),
    sessionId: parseId(payload['sessionId']),
    agentId: parseId(payload['agentId']),
  })
  return true
}
