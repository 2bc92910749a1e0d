import {
  type ClawEvent,
  GatewayError,
  type GatewayRun,
  isTerminalEvent,
  type RunResult,
} from '@pincer/protocol'
import type { EventLog } from '../record/event-log.ts'
import type { Waiters } from '../waiters.ts'
import type { DatabaseWatch } from '../watch-database.ts'
import type { AgentRunStore } from './agent-run-store.ts'
import type { ActiveRun } from './conduct-run.ts'

/** What {@link createGatewayRun} needs. */
export interface GatewayRunOptions {
  readonly runId: string
  readonly sessionKey: string
  readonly store: AgentRunStore
  readonly active: ReadonlyMap<string, ActiveRun>
  readonly waiters: Waiters<RunResult>
  readonly watch: DatabaseWatch
  readonly eventLog: EventLog
}

/** Makes the handle of a run; many may be open for one. */
export function createGatewayRun({
  runId,
  sessionKey,
  store,
  active,
  waiters,
  watch,
  eventLog,
}: GatewayRunOptions): GatewayRun {
  function readResult(): RunResult | undefined {
    return store.get(runId)?.result
  }

  return {
    runId,
    sessionKey,
    async *events({ signal } = {}): AsyncGenerator<ClawEvent> {
      signal?.throwIfAborted()
      for await (const event of eventLog.stream({
        runId,
        fromStart: true,
        ...(signal === undefined ? {} : { signal }),
      })) {
        yield event
        if (isTerminalEvent(event)) return
      }
      signal?.throwIfAborted()
    },
    wait: async ({ timeoutMs = Infinity, signal } = {}) => {
      signal?.throwIfAborted()
      const found = readResult()
      if (found !== undefined) return found
      // The process that runs it may be another one that shares the file.
      const stopWatching = watch.onChange(() => {
        const result = readResult()
        if (result !== undefined) waiters.wake(runId, result)
      })
      try {
        return (
          (await waiters.wait(runId, { timeoutMs, signal })) ??
          readResult() ?? { runId, status: 'accepted', sessionKey }
        )
      } finally {
        stopWatching()
      }
    },
    cancel: async (reason = 'the caller cancelled it') => {
      const run = active.get(runId)
      if (run !== undefined) {
        run.cancel(reason)
        await run.ended
      } else if (readResult() === undefined) {
        throw new GatewayError('another process runs it; cancel it there', {
          status: 409,
          gatewayCode: 'run_elsewhere',
        })
      }
    },
  }
}
