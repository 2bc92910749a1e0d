import { addUsage, emptyUsage, type Usage } from '@pincer/protocol'
import { locateRun } from './find-run.ts'
import type { KnownRun } from './known-run.ts'
import { parseSessionSnapshot } from './parse-session-snapshot.ts'
import { atMost } from '../pause.ts'
import { askIfAllowed, type RunContext } from './run-context.ts'

// Within the time that the feed keeps the end of a run back for it.
const finalAnswerMs = 3_000
const timeoutMs = 5_000
const rowLimit = 200
const mostPages = 5

/** What the run used, as far as the Gateway tells: asked for once per run unless the Gateway could not answer, and never rejects. */
export function readRunUsage(context: RunContext, run: KnownRun): Promise<Usage | undefined> {
  run.usage ??= read(context, run)
  return run.usage
}

async function read(context: RunContext, run: KnownRun): Promise<Usage | undefined> {
  try {
    // It comes a moment after the last event; a resumed run has none, and a stopped one has no usage in it.
    const answered = run.finalAnswer === undefined ? undefined : await atMost(finalAnswerMs, run.finalAnswer)
    if (answered?.usage !== undefined && run.gatewayRunIds.length === 1) return answered.usage
    return await sumCalls(context, run)
  } catch {
    // A Gateway that is busy may answer when it is asked again.
    run.usage = undefined
    return undefined
  }
}

/** Adds up the model calls of the run in the transcript, from the newest page back to the run's own message. */
async function sumCalls(context: RunContext, run: KnownRun): Promise<Usage | undefined> {
  const signal = AbortSignal.timeout(timeoutMs)
  await locateRun(context, run, signal)
  const { sessionKey } = run
  if (sessionKey === undefined) return undefined
  const counted = new Set<string>()
  let sum = emptyUsage
  let offset: number | undefined
  for (let page = 0; page < mostPages; page += 1) {
    const params = { sessionKey, limit: rowLimit, maxChars: 1, ...(offset === undefined ? {} : { offset }) }
    const history = parseSessionSnapshot(
      await askIfAllowed(context, 'chat.history', params, { timeoutMs, signal }),
    )
    for (const row of history.rows) {
      if (row.usage === undefined || row.runId === undefined || !run.gatewayRunIds.includes(row.runId))
        continue
      // Ids of answers are the provider's, and unique to a run at least.
      const call = `${row.runId}:${row.callId ?? `${page}.${counted.size}`}`
      if (counted.has(call)) continue
      counted.add(call)
      sum = addUsage(sum, row.usage)
    }
    offset = history.nextOffset
    const begun = history.rows.some((row) => row.role === 'user' && row.runId === run.runId)
    if (begun || offset === undefined) break
  }
  return counted.size === 0 ? undefined : sum
}
