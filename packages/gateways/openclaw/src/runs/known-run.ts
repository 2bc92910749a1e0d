import type { Usage } from '@pincer/protocol'
import type { FinalAnswer, RunEnding } from './convert-run-result.ts'
import type { RunResult } from './run.ts'

/** What this client knows of one run; every handle of the run shares it. */
export interface KnownRun {
  readonly runId: string
  /** The ids that the Gateway has had for it, the newest last: a resumed run has a new one. */
  readonly gatewayRunIds: string[]
  sessionKey: string | undefined
  agentId: string | undefined
  /** `bootId` of the process of the Gateway that is known to have the run; empty where it tells none. */
  aliveIn: string | undefined
  /** True while the Gateway has yet to acknowledge it. */
  starting: boolean
  /** True where the events of the run are kept from its start, because this client began it. */
  begunHere: boolean
  /** True from the moment the events of the run are kept. */
  followed: boolean
  /** The second answer of the `agent` method; undefined where there is none. Never rejects. */
  finalAnswer: Promise<FinalAnswer | undefined> | undefined
  /** How the run ended, as the Gateway told when it was asked. */
  ending: RunEnding | undefined
  usage: Promise<Usage | undefined> | undefined
  settling: Promise<RunResult> | undefined
  /** The outcome; once there, it never changes. */
  result: RunResult | undefined
  /** There while it is found out what became of the run over a loss of the connection. Never rejects. */
  recovery: Promise<void> | undefined
  /** There while the Gateway is asked for the run's end on behalf of a reader of its events. Never rejects. */
  watch: Promise<void> | undefined
  /** Since when, on the monotonic clock, the Gateway has shown no trace of it. */
  unknownSince: number | undefined
  /** True once the run is to be stopped. */
  cancelRequested: boolean
  /** The Gateway's id of the run, where it was stopped. */
  stopped?: string
}

/** The runs that this client knows; those that ended are let go of beyond a bound. */
export interface KnownRuns {
  find(runId: string): KnownRun | undefined
  open(runId: string): KnownRun
  forget(runId: string): void
}

const most = 1_000

/** Makes an empty set of runs; `hasEnded` tells which ones may be let go of. */
export function createKnownRuns(hasEnded: (run: KnownRun) => boolean): KnownRuns {
  const runs = new Map<string, KnownRun>()

  function letGo(): void {
    for (const [runId, run] of runs) {
      if (runs.size < most) return
      if (!run.followed || hasEnded(run)) runs.delete(runId)
    }
  }

  return {
    find: (runId) => runs.get(runId),
    open(runId) {
      const known = runs.get(runId)
      if (known !== undefined) return known
      letGo()
      const run: KnownRun = {
        runId,
        gatewayRunIds: [runId],
        sessionKey: undefined,
        agentId: undefined,
        aliveIn: undefined,
        starting: false,
        begunHere: false,
        followed: false,
        finalAnswer: undefined,
        ending: undefined,
        usage: undefined,
        settling: undefined,
        result: undefined,
        recovery: undefined,
        watch: undefined,
        unknownSince: undefined,
        cancelRequested: false,
      }
      runs.set(runId, run)
      return run
    },
    forget: (runId) => void runs.delete(runId),
  }
}

/** The id that the Gateway has for the run now. */
export function gatewayRunId(run: KnownRun): string {
  return run.gatewayRunIds.at(-1) ?? run.runId
}
