import type { GatewayEvent } from '@pincer/protocol'
import { askGateway } from './ask-run.ts'
import { abort } from './cancel-run.ts'
import type { RunEnding } from './convert-run-result.ts'
import { findRun, locateRun, readSession } from './find-run.ts'
import { adoptRun } from './follow-run.ts'
import { judgeRun, lostEnding, type RunVerdict } from './judge-run.ts'
import type { KnownRun } from './known-run.ts'
import { pause } from '../pause.ts'
import { bootId, isAlive, isRetryable, type RunContext, tellRecovery } from './run-context.ts'
import { replyLimit, settleRun } from './settle-run.ts'

const shortestPauseMs = 500
const longestPauseMs = 5_000
const mostAtOnce = 4

/** A search for what became of the open runs, over one loss of the connection. */
interface Pass {
  readonly context: RunContext
  readonly signal: AbortSignal
  /** True where the process of the Gateway is another one than before. */
  readonly restarted: boolean
  /** When the Gateway first answered, on the monotonic clock; undefined until then. */
  answeredAt: number | undefined
  /** When the Gateway was last seen at work on what it interrupted: it takes up one run at a time. */
  busyAt: number
}

/**
 * Finds out what became of every open run after the connection was lost, and ends those that ended; bounded in time and requests.
 *
 * @param restarted - True where the process of the Gateway is another one than before.
 */
export async function recoverRuns(
  context: RunContext,
  runs: readonly KnownRun[],
  restarted: boolean,
  signal: AbortSignal,
): Promise<void> {
  const pass: Pass = { context, signal, restarted, answeredAt: undefined, busyAt: performance.now() }
  const done = new Map<KnownRun, () => void>()
  for (const run of runs) {
    run.recovery = new Promise((resolve) => done.set(run, resolve))
    tellRecovery(context, run, 'checking', { restarted })
  }
  const release = (run: KnownRun): void => {
    run.recovery = undefined
    done.get(run)?.()
  }
  let open = runs
  let pauseMs = shortestPauseMs
  let begun = Promise.withResolvers<true>()
  const seen = new Set<string>()
  const ignore = context.connection.subscribe((event) => {
    const stranger = findStranger(event, open)
    if (stranger === undefined || seen.has(stranger)) return
    seen.add(stranger)
    begun.resolve(true)
  })
  try {
    while (open.length > 0) {
      const left = await checkRuns(pass, open)
      for (const run of open) if (!left.includes(run)) release(run)
      open = left
      if (open.length === 0) return
      const hasBegun = await Promise.race([begun.promise, pause(pauseMs, signal, { keepsProcess: false })])
      pauseMs = hasBegun ? shortestPauseMs : Math.min(pauseMs * 1.5, longestPauseMs)
      if (hasBegun) begun = Promise.withResolvers()
    }
  } catch (error) {
    // Given up, because the connection was lost again: the next search begins anew.
    if (!signal.aborted) throw error
  } finally {
    ignore()
    for (const run of open) release(run)
  }
}

/** The id of another run in the session of one of these, which may be the resumption of it. */
function findStranger(event: GatewayEvent, runs: readonly KnownRun[]): string | undefined {
  if (event.event !== 'agent' || typeof event.payload !== 'object' || event.payload === null) return undefined
  const { runId, sessionKey } = event.payload as Readonly<Record<string, unknown>>
  if (typeof runId !== 'string') return undefined
  const known = runs.find((run) => run.sessionKey === sessionKey)
  return known === undefined || known.gatewayRunIds.includes(runId) ? undefined : runId
}

/** Checks every run once, runs of one session together; gives those that are still to be checked. */
async function checkRuns(pass: Pass, runs: readonly KnownRun[]): Promise<readonly KnownRun[]> {
  const bySession = Map.groupBy(runs, (run) => run.sessionKey ?? '')
  const groups = [...bySession].flatMap(([key, group]) => (key === '' ? group.map((run) => [run]) : [group]))
  const open: KnownRun[] = []
  const next = async (): Promise<void> => {
    for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
      open.push(...(await checkSession(pass, group)))
    }
  }
  await Promise.all(Array.from({ length: mostAtOnce }, next))
  return open
}

async function checkSession(pass: Pass, runs: readonly KnownRun[]): Promise<readonly KnownRun[]> {
  try {
    const asked = await Promise.all(runs.map((run) => askEnding(pass, run)))
    const unsure = runs.filter((_run, index) => asked[index] === 'unsure')
    const [first] = unsure
    if (first === undefined) return []
    if (first.sessionKey === undefined) await locateRun(pass.context, first, pass.signal)
    const evidence =
      first.sessionKey === undefined
        ? { tasks: [] }
        : await readSession(pass.context, first.sessionKey, pass.signal)
    pass.answeredAt ??= performance.now()
    const open: KnownRun[] = []
    for (const run of unsure) {
      const verdict = judgeRun({ runIds: run.gatewayRunIds, ...evidence })
      if (!(await apply(pass, run, verdict))) open.push(run)
    }
    return open
  } catch (error) {
    if (pass.signal.aborted) return runs
    const isLate = performance.now() - pass.busyAt >= pass.context.times.recoveryTimeoutMs
    if (isRetryable(error) && !isLate) return runs
    for (const run of runs) giveUp(pass.context, run, error)
    return []
  }
}

/** Asks for the end that the Gateway remembers; a process that has just begun remembers none. */
async function askEnding(pass: Pass, run: KnownRun): Promise<'done' | 'unsure'> {
  const { context, signal } = pass
  if (context.feed.outcome(run.runId) !== undefined) return 'done'
  if (!isAlive(context, run)) return 'unsure'
  const ending = await askGateway(context, run, 0, signal)
  pass.answeredAt ??= performance.now()
  if (ending !== undefined) {
    end(context, run, await withWholeText(pass, run, ending))
    return 'done'
  }
  tellRecovery(context, run, 'running')
  await stopIfWanted(context, run)
  return 'done'
}

/** `agent.wait` cuts a reply at 4,096 characters; the transcript has the whole one, and events that would have told it were missed. */
async function withWholeText(pass: Pass, run: KnownRun, ending: RunEnding): Promise<RunEnding> {
  if (ending.text === undefined || ending.text.length < replyLimit) return ending
  const found = await findRun(pass.context, run, pass.signal)
  const text = found.state === 'ended' ? found.ending.text : undefined
  return text === undefined || text.length < ending.text.length ? ending : { ...ending, text }
}

/** Does what the verdict says; true where the run needs no more checks. */
async function apply(pass: Pass, run: KnownRun, verdict: RunVerdict): Promise<boolean> {
  const { context, signal } = pass
  switch (verdict.state) {
    case 'active':
      pass.busyAt = performance.now()
      run.aliveIn = bootId(context)
      tellRecovery(context, run, 'running')
      return await stopIfWanted(context, run)
    case 'resumed': {
      pass.busyAt = performance.now()
      adoptRun(context, run, verdict.runId)
      // It may have ended before anybody here knew its id.
      const ending = await askGateway(context, run, 0, signal)
      if (ending !== undefined) end(context, run, ending)
      return ending !== undefined || (await stopIfWanted(context, run))
    }
    case 'ended':
      end(context, run, verdict.ending)
      return true
    case 'lost':
    case 'unknown':
      return await endLost(pass, run, verdict)
    default:
      return await endOwed(pass, run)
  }
}

/** A run without a sign of life: the Gateway begins to take up what it interrupted a few seconds after its start. */
async function endLost(
  pass: Pass,
  run: KnownRun,
  verdict: Extract<RunVerdict, { readonly state: 'lost' | 'unknown' }>,
): Promise<boolean> {
  const { context } = pass
  const sure = verdict.state === 'lost' && verdict.final
  const waited = performance.now() - (pass.answeredAt ?? performance.now())
  if (!sure && pass.restarted && waited < context.times.resumeGraceMs) return false
  if (sure) return lose(context, run)
  // The audit is asked last: it alone remembers runs of sessions that are gone.
  const found = await findRun(context, run, pass.signal)
  if (found.state === 'lost' || found.state === 'unknown') return lose(context, run)
  return found.state === 'unclear' ? endOwed(pass, run) : apply(pass, run, found)
}

/** The Gateway takes up interrupted runs one after the other, so that time counts only while it is at none of ours. */
async function endOwed(pass: Pass, run: KnownRun): Promise<boolean> {
  const { context } = pass
  const isBusy = context.feed.openRuns().some(({ runId }) => {
    const other = context.runs.find(runId)
    return other !== undefined && other.gatewayRunIds.length > 1 && isAlive(context, other)
  })
  if (isBusy) pass.busyAt = performance.now()
  if (performance.now() - pass.busyAt < context.times.recoveryTimeoutMs) return false
  return lose(context, run)
}

function lose(context: RunContext, run: KnownRun): boolean {
  tellRecovery(context, run, 'lost')
  end(context, run, lostEnding)
  return true
}

function giveUp(context: RunContext, run: KnownRun, error: unknown): void {
  const message = error instanceof Error ? error.message : 'the Gateway cannot be asked any more'
  end(context, run, { status: 'failed', error: { message, code: 'gateway_lost' } })
}

async function stopIfWanted(context: RunContext, run: KnownRun): Promise<boolean> {
  if (run.cancelRequested) await abort(context, run)
  return true
}

function end(context: RunContext, run: KnownRun, ending: RunEnding): void {
  if (context.feed.outcome(run.runId) === undefined) {
    tellRecovery(context, run, 'ended', { outcome: ending.status })
  }
  settleRun(context, run, ending, false).catch(() => undefined)
}
