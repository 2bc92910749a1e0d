import type { RequestOptions } from '@pincer/protocol'
import { checkText } from '../check-param.ts'
import { createSessionKeys } from '../session-keys.ts'
import type { Connection } from '../connection/connection.ts'
import type { EventFeed } from '../events/event-feed.ts'
import type { AgentRunParams, SessionSendParams } from './agent-run-params.ts'
import { markBegun } from './begun-run.ts'
import { hasRun } from './has-run.ts'
import { createKnownRuns, type KnownRun } from './known-run.ts'
import type { RunContext, RunTimes } from './run-context.ts'
import { createRun } from './run-handle.ts'
import type { Run } from './run.ts'
import { sendToSession, startAgentRun } from './start-run.ts'
import { watchConnection } from './watch-connection.ts'

/** Starts runs, and gives handles of those that anybody started. */
export interface RunStarter {
  /**
   * Starts a run of an agent; resolves once the Gateway has accepted it.
   *
   * @throws UnsupportedByGatewayError before anything is sent, where `workspace`, `runtime`, `environment` or `approvals` is given.
   * @throws GatewayError where a field is wrong, the Gateway refuses the run, or does not acknowledge it in time.
   */
  startAgentRun(params: AgentRunParams): Promise<Run>
  /**
   * Sends a message into a session; resolves once the Gateway has accepted the run that answers it.
   *
   * @throws GatewayError where a field is wrong, the session does not exist, or the Gateway does not acknowledge it in time.
   */
  send(params: SessionSendParams): Promise<Run>
  /** A handle of any run; `sessionKey` (a full key) spares the Gateway a search. */
  get(runId: string, known?: { readonly sessionKey?: string }): Run
  /**
   * A handle of a run that the Gateway has; `undefined` where it shows no trace of one.
   *
   * @throws GatewayError where the Gateway is away, the signal's reason.
   */
  find(runId: string, known?: { readonly sessionKey?: string } & RequestOptions): Promise<Run | undefined>
  /** A handle of a run that the Gateway has just named, in an answer that lasts until `lastWord` settles where there is one. */
  begun(runId: string, known?: BegunRun): Run
}

/** What is known of a run that the Gateway has just named. */
interface BegunRun {
  /** Full key. */
  readonly sessionKey?: string
  /** The answer that the run is told in, such as a stream over HTTP. */
  readonly lastWord?: Promise<unknown>
}

/** Makes what starts the runs of one client, and settles them over losses of the connection and restarts of the Gateway. */
export function createRunStarter(connection: Connection, feed: EventFeed, times: RunTimes = {}): RunStarter {
  const closing = new AbortController()
  const context: RunContext = {
    connection,
    feed,
    keys: createSessionKeys(connection),
    runs: createKnownRuns(({ runId, result }) => result !== undefined || feed.outcome(runId) !== undefined),
    times: {
      ackTimeoutMs: 30_000,
      sliceMs: 30_000,
      resumeGraceMs: 15_000,
      recoveryTimeoutMs: 120_000,
      ...times,
    },
    away: undefined,
    eventsLost: false,
    closing: closing.signal,
  }
  watchConnection(context, closing)

  function open(runId: string, sessionKey: string | undefined): KnownRun {
    checkText('runs.get: runId', runId, 'the id of a run')
    const run = context.runs.open(runId)
    run.sessionKey ??= sessionKey
    return run
  }

  return {
    startAgentRun: async (params) => createRun(context, await startAgentRun(context, params)),
    send: async (params) => createRun(context, await sendToSession(context, params)),
    get: (runId, known) => createRun(context, open(runId, known?.sessionKey)),
    async find(runId, { sessionKey, signal } = {}) {
      const run = open(runId, sessionKey)
      const until = signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal])
      until.throwIfAborted()
      return (await hasRun(context, run, until)) ? createRun(context, run) : undefined
    },
    begun(runId, { sessionKey, lastWord } = {}) {
      const run = open(runId, sessionKey)
      markBegun(context, run, lastWord)
      return createRun(context, run)
    },
  }
}
