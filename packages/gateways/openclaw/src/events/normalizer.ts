import type { GatewayEvent, JsonValue, Usage } from '@pincer/protocol'
import { moveRunState } from './adopt-run.ts'
import { convertAgentFrame } from './convert-agent-frame.ts'
import { convertApprovalRequested, convertApprovalResolved } from './convert-approval.ts'
import { convertArtifactFrame } from './convert-artifact.ts'
import { convertChatFrame } from './convert-chat-frame.ts'
import { convertChatEnding } from './convert-ending.ts'
import { convertQuestionRequested, convertQuestionResolved } from './convert-question.ts'
import { convertSessionChanged, convertSessionMessage } from './convert-session-frame.ts'
import { convertTask } from './convert-task.ts'
import { endRun, interruptRun, type RunEnding } from './end-run.ts'
import { createEventTeller, type EventListener } from './event-teller.ts'
import { createNormalizerState, type NormalizerState } from './normalizer-state.ts'
import { findRun, forgetRun, openRun, ownRunId, startRun } from './open-run.ts'
import { type Fields, parseCount, parseFields, parseId, parseJson } from './parse-fields.ts'
import type { RunState } from './run-state.ts'
import { settleTools } from './tool-end.ts'

const maxAliases = 1000

/** Turns the Gateway's frames into events, one frame after the other; every run comes out well formed. */
export interface Normalizer {
  /** Takes the next frame; its events are told before this returns, but for the few that wait for the next frame. */
  normalize(frame: GatewayEvent): void
  /** Tells what waits for a next frame. */
  settle(): void
  /** Keeps a run however many others are open; one that has ended begins anew. */
  follow(runId: string, known: { readonly sessionKey?: string; readonly agentId?: string }): void
  /** The run as far as it is known; undefined where it has ended or was never heard of. */
  find(runId: string): RunState | undefined
  /** The id under which a run is told. */
  ownRunId(runId: string): string
  /** Ends a run that has not ended. */
  end(runId: string, ending: RunEnding, ts: number): void
  /** Lets go of a run of which nothing was told; false where something was. */
  forget(runId: string): boolean
  /** Tells a `raw` event of our own in a run that has not ended. */
  tell(runId: string, name: string, payload: JsonValue, ts: number): void
  /** Tells a run again under the id of the run that it goes on with, `retell` in between; false where that has ended. */
  adopt(runId: string, resumedRunId: string, ts: number, retell: (run: RunState) => void): boolean
  /** Tells what a run used, as the next event of its sequence, though its terminal event was made already. */
  report(run: RunState, usage: Usage, ts: number): void
}

/** Makes a normalizer whose events go to `listener`; `now` gives the time of frames that carry none. */
export function createNormalizer(listener: EventListener, now: () => number = Date.now): Normalizer {
  const teller = createEventTeller(listener)
  const state = createNormalizerState(teller, now)
  return {
    normalize(frame) {
      if (typeof frame !== 'object' || frame === null || typeof frame.event !== 'string') return
      if (frame.seq === undefined || parseCount(frame.seq) !== undefined) normalizeNext(state, frame)
      else normalizeNext(state, { event: frame.event, payload: frame.payload })
    },
    settle() {
      for (const run of state.waiting) {
        settleTools(state, run)
        settleAbort(state, run)
      }
    },
    follow(runId, known) {
      state.endedRuns.delete(ownRunId(state, runId))
      const run = openRun(state, runId)
      if (run === undefined) return
      run.followed = true
      state.strangers.delete(run)
      run.sessionKey ??= known.sessionKey
      run.agentId ??= known.agentId
    },
    find: (runId) => findRun(state, runId),
    ownRunId: (runId) => ownRunId(state, runId),
    end(runId, ending, ts) {
      const run = openRun(state, runId)
      if (run !== undefined) endRun(state, run, ending, undefined, ts)
    },
    forget(runId) {
      const run = findRun(state, runId)
      if (run === undefined || run.started !== undefined) return false
      forgetRun(state, run)
      return true
    },
    tell(runId, name, payload, ts) {
      const run = openRun(state, runId)
      if (run === undefined) return
      startRun(state, run, undefined, ts)
      teller.inRun(run, 'raw', { name, payload }, undefined, ts)
    },
    adopt(runId, resumedRunId, ts, retell) {
      const run = openRun(state, runId)
      const resumed = state.runs.get(resumedRunId)
      if (run === undefined || run === resumed) return false
      startRun(state, run, undefined, ts)
      interruptRun(state, run, ts)
      addAlias(state, resumedRunId, run.runId)
      retell(run)
      if (resumed === undefined) return true
      state.runs.delete(resumedRunId)
      state.strangers.delete(resumed)
      if (state.waiting.delete(resumed)) state.waiting.add(run)
      moveRunState(resumed, run)
      return true
    },
    report(run, usage, ts) {
      teller.inRun(run, 'usage.reported', usage, undefined, ts)
    },
  }
}

function normalizeNext(state: NormalizerState, frame: GatewayEvent): void {
  const payload = parseFields(frame.payload)
  if (state.waiting.size > 0) settleBefore(state, frame, payload)
  const isTold =
    frame.event === 'agent'
      ? normalizeAgentFrame(state, payload, frame)
      : normalizeFrame(state, payload, frame)
  if (!isTold) tellUnknown(state, payload, frame)
}

function normalizeAgentFrame(state: NormalizerState, payload: Fields, frame: GatewayEvent): boolean {
  const runId = parseId(payload['runId'])
  const stream = parseId(payload['stream'])
  if (runId === undefined || stream === undefined) return false
  const run = openRun(state, runId)
  if (run === undefined) return true
  if (run.sessionKey === undefined) run.sessionKey = parseId(payload['sessionKey'])
  if (run.agentId === undefined) run.agentId = parseId(payload['agentId'])
  if (run.sessionId === undefined) run.sessionId = parseId(payload['sessionId'])
  const ts = parseCount(payload['ts']) ?? state.now()
  convertAgentFrame(state, run, stream, parseFields(payload['data']), frame, ts)
  return true
}

function normalizeFrame(state: NormalizerState, payload: Fields, frame: GatewayEvent): boolean {
  switch (frame.event) {
    case 'chat':
      return convertChatFrame(state, payload, frame)
    case 'session.tool':
      // Observers of a session get the tool frames of its runs under this name.
      return normalizeAgentFrame(state, payload, frame)
    case 'task':
      return convertTask(state, payload, frame)
    case 'sessions.changed':
      return convertSessionChanged(state, payload, frame)
    case 'session.message':
      return convertSessionMessage(state, payload, frame)
    case 'exec.approval.requested':
    case 'plugin.approval.requested':
      return convertApprovalRequested(state, payload, frame)
    case 'exec.approval.resolved':
    case 'plugin.approval.resolved':
      return convertApprovalResolved(state, payload, frame)
    case 'question.requested':
      return convertQuestionRequested(state, payload, frame)
    case 'question.resolved':
      return convertQuestionResolved(state, payload, frame)
    case 'artifact.created':
    case 'artifact.updated':
      return convertArtifactFrame(state, payload, frame, parseCount(payload['ts']) ?? state.now())
    default:
      return false
  }
}

function tellUnknown(state: NormalizerState, payload: Fields, frame: GatewayEvent): void {
  const content = parseJson(frame.payload)
  const runId = parseId(payload['runId'])
  state.teller.beside(
    'raw',
    { name: frame.event, ...(content === undefined ? {} : { payload: content }) },
    frame,
    {
      ts: parseCount(payload['ts']) ?? state.now(),
      runId: runId === undefined ? undefined : ownRunId(state, runId),
      sessionKey: parseId(payload['sessionKey']),
      agentId: parseId(payload['agentId']),
    },
  )
}

// The frames that complete each other come right behind one another: any other kind of frame shows that none comes.
function settleBefore(state: NormalizerState, frame: GatewayEvent, payload: Fields): void {
  const isToolKind = frame.event === 'agent' || frame.event === 'session.tool'
  for (const run of state.waiting) {
    if (!isToolKind) settleTools(state, run)
    if (run.abort === undefined) continue
    const isOwn = isToolKind && findRun(state, parseId(payload['runId'])) === run
    const phase =
      isOwn && payload['stream'] === 'lifecycle' ? parseFields(payload['data'])['phase'] : undefined
    if (phase === 'end' || phase === 'error') continue
    run.abort.framesLeft -= 1
    if (isOwn || frame.event === 'tick' || frame.event === 'health' || run.abort.framesLeft <= 0)
      settleAbort(state, run)
  }
}

function settleAbort(state: NormalizerState, run: RunState): void {
  if (run.abort === undefined) return
  const { frame, ts } = run.abort
  endRun(state, run, convertChatEnding(parseFields(frame.payload)), frame, ts)
}

function addAlias(state: NormalizerState, resumedRunId: string, runId: string): void {
  state.aliases.set(resumedRunId, runId)
  if (state.aliases.size <= maxAliases) return
  for (const oldest of state.aliases.keys()) {
    state.aliases.delete(oldest)
    return
  }
}
