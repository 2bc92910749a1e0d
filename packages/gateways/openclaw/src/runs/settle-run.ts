import type { ErrorInfo } from '@pincer/protocol'
import type { RunOutcome } from '../events/event-feed.ts'
import type { FinalAnswer, RunEnding } from './convert-run-result.ts'
import type { KnownRun } from './known-run.ts'
import { atMost } from '../pause.ts'
import { readRunUsage } from './read-run-usage.ts'
import type { RunContext } from './run-context.ts'
import type { RunResult } from './run.ts'

// The last events come before the answer; a transport of somebody else may hand them on a little later.
const lastEventsMs = 500
// The feed waits for the usage before it tells of the end.
const tellingMs = 10_000
const finalAnswerMs = 100
/** From this length on, in characters, the reply that `agent.wait` tells may be cut. */
export const replyLimit = 4_000

/**
 * Ends a run for everybody: the readers of its events, and those who wait for it.
 *
 * The first end that anybody hears of is the run's; what comes later only adds to it.
 *
 * @param ending - How the Gateway said it ended, when it was asked; absent where its events told.
 * @param expectEvents - True where the Gateway may still tell of the end by its events.
 */
export function settleRun(
  context: RunContext,
  run: KnownRun,
  ending: RunEnding | undefined,
  expectEvents: boolean,
): Promise<RunResult> {
  run.ending ??= ending
  run.settling ??= settle(context, run, ending, expectEvents)
  return run.settling
}

async function settle(
  context: RunContext,
  run: KnownRun,
  ending: RunEnding | undefined,
  expectEvents: boolean,
): Promise<RunResult> {
  const { feed } = context
  const told = feed.ended(run.runId).catch(() => undefined)
  if (ending !== undefined) {
    if (expectEvents && feed.outcome(run.runId) === undefined) await atMost(lastEventsMs, told)
    feed.end(run.runId, outcomeOf(ending))
  }
  const outcome = (await atMost(tellingMs, told)) ?? feed.outcome(run.runId) ?? ending
  const result = await composeResult(context, run, outcome ?? { status: 'failed' })
  run.result = result
  return result
}

function outcomeOf(ending: RunEnding): RunOutcome {
  const { raw: _raw, startedAt: _startedAt, endedAt: _endedAt, ...outcome } = ending
  return outcome
}

async function composeResult(context: RunContext, run: KnownRun, outcome: RunOutcome): Promise<RunResult> {
  const final = run.finalAnswer === undefined ? undefined : await atMost(finalAnswerMs, run.finalAnswer)
  // An end that the Gateway told otherwise when it was asked is not the one that everybody has heard of.
  const ending = run.ending?.status === outcome.status ? run.ending : undefined
  const text = pickText(ending?.text, final, outcome.text)
  const stopReason = ending?.stopReason ?? outcome.stopReason ?? final?.stopReason
  const error = outcome.status === 'completed' ? undefined : mergeErrors(outcome.error, ending?.error)
  const usage = outcome.usage ?? (await readRunUsage(context, run))
  return Object.freeze({
    runId: run.runId,
    status: outcome.status,
    ...(run.sessionKey === undefined ? {} : { sessionKey: run.sessionKey }),
    ...(text === undefined ? {} : { text }),
    ...(stopReason === undefined ? {} : { stopReason }),
    ...(usage === undefined ? {} : { usage }),
    ...(error === undefined ? {} : { error }),
    ...(ending?.startedAt === undefined ? {} : { startedAt: ending.startedAt }),
    ...(ending?.endedAt === undefined ? {} : { endedAt: ending.endedAt }),
    ...(ending?.raw === undefined ? {} : { raw: ending.raw }),
  })
}

/** The reply as the Gateway gives it when asked; a whole one where that was cut. */
function pickText(
  reply: string | undefined,
  final: FinalAnswer | undefined,
  told: string | undefined,
): string | undefined {
  if (reply !== undefined && reply.length < replyLimit) return reply
  return [final?.text, told, reply].find((text) => text !== undefined && text.length >= (reply?.length ?? 0))
}

function mergeErrors(told: ErrorInfo | undefined, asked: ErrorInfo | undefined): ErrorInfo | undefined {
  return told === undefined || asked === undefined ? (told ?? asked) : { ...told, ...asked, ...codeOf(told) }
}

// The events tell the provider's reason, such as `auth`; the answer does not.
function codeOf(error: ErrorInfo): { readonly code?: string } {
  return error.code === undefined ? {} : { code: error.code }
}
