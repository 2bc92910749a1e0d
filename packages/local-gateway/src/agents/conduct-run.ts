import type { DatabaseSync } from 'node:sqlite'
import type { AgentRunRequest, JsonValue, RunRecord, RunResult, SessionMessage } from '@pincer/protocol'
import type { LocalApprovals } from '../approvals/approvals.ts'
import { transact } from '../database.ts'
import type { LocalGuard } from '../guard/guard.ts'
import type { LocalSessions } from '../sessions/sessions.ts'
import type { LocalTool } from '../tools/tool-registry.ts'
import type { AgentConfig } from './agent.ts'
import { type LoopResult, runLoop } from './agent-loop.ts'
import { isThinkingLevel } from './agent-settings.ts'
import type { AgentRunStore } from './agent-run-store.ts'
import { convertError } from './convert-error.ts'
import type { LocalModels } from './models.ts'
import { checkAnswers } from './run-request.ts'
import type { RunRecorder } from './run-recorder.ts'
import { RunStopped } from './run-stopped.ts'
import type { Turn } from './run-turns.ts'

/** A run that is under way in this process. */
export interface ActiveRun {
  readonly sessionKey: string
  /** Resolves once everything of it has ended; never rejects. */
  readonly ended: Promise<void>
  cancel(reason: string): void
}

/** What {@link conductRun} needs. */
export interface ConductOptions {
  readonly database: DatabaseSync
  readonly agent: AgentConfig
  readonly tools: readonly LocalTool[]
  readonly models: LocalModels
  readonly guard: LocalGuard
  readonly approvals: LocalApprovals
  readonly sessions: LocalSessions
  readonly runs: RunRecord
  readonly store: AgentRunStore
  readonly request: AgentRunRequest
  readonly input: readonly SessionMessage[]
  readonly sessionKey: string
  readonly recorder: RunRecorder
  readonly turn: Turn
  readonly signal: AbortSignal
  readonly now: () => number
}

/** How many of a session's newest messages the model is told. */
export const historyLimit = 200

const graceMs = 1000

interface Ending {
  readonly result: Omit<RunResult, 'runId' | 'sessionKey' | 'usage'>
  /** Writes the terminal event. */
  readonly finish: (durationMs: number) => void
}

/** Takes a run from its place in the order to its one end; never rejects. */
export async function conductRun(options: ConductOptions): Promise<RunResult> {
  const { recorder, turn, signal, sessionKey } = options
  const startedAt = performance.now()
  let leave: (() => void) | undefined
  let loop: Promise<LoopResult> | undefined
  let isKept = true
  try {
    const opening = {
      name: options.request.label ?? options.agent.name ?? options.agent.id,
      input: options.request.input as JsonValue,
    }
    const ending = await (async () => {
      if (!turn.immediate) recorder.record('run.queued', opening)
      leave = await turn.entered
      signal.throwIfAborted()
      recorder.record('run.started', opening)
      loop = startLoop(options, () => isKept)
      return endWell(recorder, await Promise.race([loop, whenAborted(signal)]))
    })().catch((error: unknown) => endBadly(recorder, signal, error))
    return await keepEnding(options, ending, startedAt)
  } catch (error) {
    // The database takes nothing any more: the caller is told, and the next start closes the run in the record.
    return { runId: recorder.runId, status: 'failed', sessionKey, error: convertError(error) }
  } finally {
    // What the loop still writes into the session must stand there before the next run reads it.
    if (loop !== undefined && signal.aborted) await settle(loop)
    isKept = false
    leave?.()
  }
}

function endWell(recorder: RunRecorder, { stopReason, text, toolCalls }: LoopResult): Ending {
  return {
    result: { status: 'completed', text, stopReason, ...(toolCalls.length === 0 ? {} : { toolCalls }) },
    finish: (durationMs) =>
      recorder.finish(
        'run.completed',
        { output: text, stopReason, durationMs },
        { status: 'completed', reason: 'the run ended' },
      ),
  }
}

function endBadly(recorder: RunRecorder, signal: AbortSignal, error: unknown): Ending {
  if (signal.aborted && signal.reason instanceof RunStopped) {
    const { status, message: reason } = signal.reason
    return {
      result: { status, error: { message: reason, code: status } },
      finish: (durationMs) => recorder.finish(`run.${status}`, { reason, durationMs }, { status, reason }),
    }
  }
  const failure = convertError(error)
  return {
    result: { status: 'failed', error: failure },
    finish: (durationMs) =>
      recorder.finish(
        'run.failed',
        { error: failure, durationMs },
        { status: 'failed', reason: failure.message },
      ),
  }
}

async function keepEnding(
  options: ConductOptions,
  { result, finish }: Ending,
  startedAt: number,
): Promise<RunResult> {
  const { database, recorder, approvals, runs, store, sessionKey } = options
  const { runId } = recorder
  approvals.cancelRun(runId, 'the run ended')
  const usage = (await runs.get(runId))?.usage
  const kept: RunResult = { runId, sessionKey, ...result, ...(usage === undefined ? {} : { usage }) }
  // Together, so that a crash leaves both or none.
  transact(database, () => {
    finish(performance.now() - startedAt)
    store.setResult(kept)
  })
  return kept
}

async function settle(loop: Promise<unknown>): Promise<void> {
  const grace = Promise.withResolvers<void>()
  const timer = setTimeout(grace.resolve, graceMs)
  await Promise.race([Promise.allSettled([loop]), grace.promise])
  clearTimeout(timer)
}

async function startLoop(options: ConductOptions, isKept: () => boolean): Promise<LoopResult> {
  const {
    agent,
    models,
    sessions,
    tools,
    request,
    input,
    sessionKey,
    recorder,
    guard,
    approvals,
    signal,
    now,
  } = options
  // The session may have been new when the run got its place.
  sessions.assertOwn(sessionKey, agent.id)
  const history = fromUserMessage(sessions.newest(sessionKey, historyLimit))
  checkAnswers(history, input)
  const said = input.map((message): SessionMessage => ({ ...message, ts: now(), runId: recorder.runId }))
  sessions.open(sessionKey, agent.id, labelOf(input))
  sessions.append(sessionKey, said)
  const model = await models.open(request.model ?? agent.model)
  return await runLoop({
    agent,
    model,
    tools,
    clientTools: request.tools ?? [],
    thinking: isThinkingLevel(request.thinking) ? request.thinking : undefined,
    history,
    input: said,
    governance: { guard, approvals, recorder, agentId: agent.id, sessionKey, signal },
    now,
    keep: (messages) => {
      if (isKept()) sessions.append(sessionKey, messages)
    },
  })
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

// A conversation that was cut must not begin with an answer to what was cut off.
function fromUserMessage(messages: readonly SessionMessage[]): readonly SessionMessage[] {
  if (messages.length < historyLimit) return messages
  const first = messages.findIndex(({ role }) => role === 'user')
  return first < 0 ? [] : messages.slice(first)
}

function labelOf(input: readonly SessionMessage[]): string {
  const text = input.find(({ role }) => role === 'user')?.text ?? ''
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
