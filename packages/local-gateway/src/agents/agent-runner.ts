import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import {
  type AgentRunner,
  type AgentRunRequest,
  GatewayError,
  type GatewayRun,
  PincerError,
  type RunRecord,
  type RunResult,
} from '@pincer/protocol'
import type { LocalApprovals } from '../approvals/approvals.ts'
import type { LocalGuard } from '../guard/guard.ts'
import type { EventLog } from '../record/event-log.ts'
import type { LocalSessions } from '../sessions/sessions.ts'
import type { LocalTool, ToolRegistry } from '../tools/tool-registry.ts'
import { createWaiters } from '../waiters.ts'
import { watchDatabase } from '../watch-database.ts'
import type { AgentConfig } from './agent.ts'
import { checkAgents } from './check-agents.ts'
import { createAgentRunStore } from './agent-run-store.ts'
import { agentSettings } from './agent-settings.ts'
import { closeOrphan } from './close-orphan.ts'
import { type ActiveRun, conductRun, historyLimit } from './conduct-run.ts'
import { createGatewayRun } from './gateway-run.ts'
import type { LocalModels } from './models.ts'
import type { OpenRuns } from './open-runs.ts'
import { checkAnswers, checkRunRequest } from './run-request.ts'
import { createRunRecorder } from './run-recorder.ts'
import { RunStopped } from './run-stopped.ts'
import { createRunTurns } from './run-turns.ts'

/** The agents of a gateway: the port of protocol, and its end. */
export interface LocalAgents extends AgentRunner {
  /** Stops what is under way and takes nothing new; resolves once it has ended. */
  close(): Promise<void>
}

/** What {@link createAgents} needs. */
export interface AgentsOptions {
  readonly database: DatabaseSync
  readonly agents?: readonly AgentConfig[] | undefined
  readonly models: LocalModels
  readonly registry: ToolRegistry
  readonly guard: LocalGuard
  readonly approvals: LocalApprovals
  readonly sessions: LocalSessions
  readonly eventLog: EventLog
  readonly openRuns: OpenRuns
  readonly runs: RunRecord
  readonly now: () => number
}

const maxRunning = 16
const maxWaiting = 1000
const maxWaiters = 1000
const beatMs = 5000
const defaultTimeoutMs = 1_800_000

/**
 * Opens the agents: runs of one session begin one after the other, those of different sessions side by side, at most 16 at once.
 *
 * Runs that a process left open when it ended are closed as failed.
 *
 * @throws PincerError `invalid_option` where the configuration is not valid.
 */
export async function createAgents(options: AgentsOptions): Promise<LocalAgents> {
  const { database, registry, sessions, eventLog, openRuns, now } = options
  const agents = checkAgents(options.agents ?? [])
  const store = createAgentRunStore(database, `own_${randomUUID()}`, now)
  const turns = createRunTurns({ maxRunning, maxWaiting })
  const waiters = createWaiters<RunResult>(maxWaiters)
  const watch = watchDatabase(database)
  const active = new Map<string, ActiveRun>()
  let closed = false

  async function closeOrphans(): Promise<void> {
    for (const row of store.orphans((runId) => active.has(runId))) {
      const result = await closeOrphan(row, { ...options, store })
      waiters.wake(row.runId, result)
    }
  }

  await closeOrphans()
  // Last, when nothing of the configuration can be refused any more: this starts processes.
  registry.start()
  async function beat(): Promise<void> {
    if (active.size > 0) store.beat()
    await closeOrphans()
  }

  // What the database cannot take now is tried again at the next beat.
  const heart = setInterval(() => void beat().catch(() => {}), beatMs).unref()

  function assertOpen(signal: AbortSignal | undefined): void {
    if (closed) throw new PincerError('closed', 'the gateway is closed; open another one')
    signal?.throwIfAborted()
  }

  function findAgent(agentId: string): AgentConfig {
    const agent = agents.get(agentId)
    if (agent !== undefined) return agent
    const known = [...agents.keys()].slice(0, 20).join(', ')
    throw new GatewayError(`there is no agent "${agentId}"; those there are: ${known}`, {
      status: 404,
      gatewayCode: 'unknown_agent',
    })
  }

  async function findTools(agent: AgentConfig, request: AgentRunRequest): Promise<readonly LocalTool[]> {
    const tools = await registry.select(agent.tools)
    const taken = request.tools?.find(({ name }) => tools.some((tool) => tool.description.name === name))
    if (taken === undefined) return tools
    throw new GatewayError(`the agent has a tool named "${taken.name}" of its own; give yours another name`, {
      status: 400,
      gatewayCode: 'tool_name_taken',
    })
  }

  async function run(request: AgentRunRequest): Promise<GatewayRun> {
    assertOpen(request.signal)
    const agent = findAgent(request.agentId)
    const input = checkRunRequest(request)
    const sessionKey = request.sessionKey ?? `ses_${randomUUID()}`
    sessions.assertOwn(sessionKey, agent.id)
    const isBusy = [...active.values()].some((other) => other.sessionKey === sessionKey)
    // Behind another run the history is not known yet; it is checked again when the run begins.
    if (!isBusy) checkAnswers(sessions.newest(sessionKey, historyLimit), input)
    const tools = await findTools(agent, request)
    // Much may have happened while the tools were looked for.
    assertOpen(request.signal)
    const runId = `run_${randomUUID()}`
    const stopper = new AbortController()
    const parent = request.parentRunId === undefined ? {} : { parentRunId: request.parentRunId }
    const turn = turns.enter(sessionKey, stopper.signal)
    try {
      store.beat()
      store.add({ runId, agentId: agent.id, sessionKey, ...parent })
    } catch (error) {
      stopper.abort(error)
      turn.entered.then(
        (leave) => leave(),
        () => {},
      )
      throw error
    }
    const recorder = createRunRecorder({ runId, agentId: agent.id, sessionKey, ...parent, eventLog, now })
    openRuns.add(recorder)
    const timeoutMs = request.timeoutMs ?? defaultTimeoutMs
    const timer = setTimeout(
      () => stopper.abort(new RunStopped('timed_out', `the run took longer than ${timeoutMs} ms`)),
      timeoutMs,
    )
    const cancel = (): void => stopper.abort(new RunStopped('cancelled', 'the caller gave the run up'))
    request.signal?.addEventListener('abort', cancel, { once: true })

    const ended = conductRun({
      ...options,
      agent,
      tools,
      request,
      input,
      sessionKey,
      recorder,
      turn,
      signal: stopper.signal,
      store,
    }).then((result) => {
      clearTimeout(timer)
      request.signal?.removeEventListener('abort', cancel)
      openRuns.remove(runId)
      active.delete(runId)
      waiters.wake(runId, result)
    })
    active.set(runId, {
      sessionKey,
      ended,
      cancel: (reason) => stopper.abort(new RunStopped('cancelled', reason)),
    })
    return open(runId, sessionKey)
  }

  function open(runId: string, sessionKey: string): GatewayRun {
    return createGatewayRun({ runId, sessionKey, store, active, waiters, watch, eventLog })
  }

  return {
    takes: agentSettings,
    list: async ({ signal } = {}) => {
      signal?.throwIfAborted()
      return [...agents.values()].map(({ id, name, description, model, tools }) => ({
        agentId: id,
        ...(name === undefined ? {} : { name }),
        ...(description === undefined ? {} : { description }),
        ...(model === undefined ? {} : { model }),
        ...(tools === undefined ? {} : { tools }),
      }))
    },
    run,
    get: async (runId, { signal } = {}) => {
      assertOpen(signal)
      const row = store.get(runId)
      return row === undefined ? undefined : open(runId, row.sessionKey)
    },
    close: async () => {
      closed = true
      clearInterval(heart)
      for (const other of active.values()) other.cancel('the gateway was closed')
      await Promise.all([...active.values()].map((other) => other.ended))
      waiters.close()
      store.leave()
    },
  }
}
