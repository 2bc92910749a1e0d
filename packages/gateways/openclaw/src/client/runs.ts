import type { ClawEvent, RequestOptions } from '@pincer/protocol'
import type { AgentRunParams } from '../runs/agent-run-params.ts'
import type { Run, RunResult } from '../runs/run.ts'
import { checkParams, checkText } from '../check-param.ts'
import type { ClientParts } from './client-parts.ts'

/** Runs by their id. */
export interface Runs {
  /**
   * Starts a run.
   *
   * @throws UnsupportedByGatewayError before anything is sent, where `workspace`, `runtime`, `environment` or `approvals` is given.
   */
  create(params: AgentRunParams): Promise<Run>
  /**
   * A handle of a run that anybody started.
   *
   * `lastWord` is for a run that the Gateway has just named over HTTP, before a record shows it: the run is at work until the promise
   * settles, which is that of the whole HTTP answer.
   */
  get(
    runId: string,
    known?: { readonly sessionKey?: string; readonly lastWord?: Promise<unknown> },
  ): Promise<Run>
  /**
   * A handle of a run that the Gateway has, found within a second or two; `undefined` where it shows no trace of one.
   *
   * @throws GatewayError where the Gateway is away.
   */
  find(runId: string, known?: { readonly sessionKey?: string } & RequestOptions): Promise<Run | undefined>
  /** Waits for a run: at most `timeoutMs` milliseconds, then `status: 'accepted'`. */
  wait(
    runId: string,
    options?: { readonly timeoutMs?: number; readonly sessionKey?: string } & RequestOptions,
  ): Promise<RunResult>
  /** Stops a run; nothing happens where it has ended. */
  cancel(runId: string, options?: { readonly reason?: string; readonly sessionKey?: string }): Promise<void>
  /** Every event of a run that this client has seen, then live; ends after the terminal event. */
  events(runId: string, options?: { readonly sessionKey?: string } & RequestOptions): AsyncIterable<ClawEvent>
}

/** Makes the `oc.runs` surface. */
export function createRuns({ runs, keys }: ClientParts): Runs {
  async function open(
    call: string,
    runId: string,
    sessionKey: string | undefined,
    lastWord?: Promise<unknown>,
  ): Promise<Run> {
    checkText(`${call}: runId`, runId, 'the id of a run')
    const known = sessionKey === undefined ? {} : { sessionKey: await keys.resolve(call, sessionKey) }
    return lastWord === undefined ? runs.get(runId, known) : runs.begun(runId, { ...known, lastWord })
  }

  return {
    async create(params) {
      checkParams('runs.create', params)
      return runs.startAgentRun(params)
    },
    get: (runId, known) => open('runs.get', runId, known?.sessionKey, known?.lastWord),
    async find(runId, { sessionKey, signal } = {}) {
      checkText('runs.find: runId', runId, 'the id of a run')
      return await runs.find(runId, {
        ...(sessionKey === undefined ? {} : { sessionKey: await keys.resolve('runs.find', sessionKey) }),
        ...(signal === undefined ? {} : { signal }),
      })
    },
    async wait(runId, options = {}) {
      const { sessionKey, ...rest } = options
      return (await open('runs.wait', runId, sessionKey)).wait(rest)
    },
    async cancel(runId, options = {}) {
      await (await open('runs.cancel', runId, options.sessionKey)).cancel(options.reason)
    },
    async *events(runId, options = {}) {
      const { sessionKey, ...rest } = options
      yield* (await open('runs.events', runId, sessionKey)).events(rest)
    },
  }
}
