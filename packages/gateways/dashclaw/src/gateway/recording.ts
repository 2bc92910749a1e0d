import {
  type ClawEvent,
  type EventSink,
  type EventVerdict,
  GatewayError,
  parseEvent,
  PincerError,
} from '@pincer/protocol'
import { createBoundedMap } from './bounded-map.ts'
import { eachAtMost } from './each-at-most.ts'
import type { GatewayCalls } from './gateway-calls.ts'
import { parseRunNotes } from './parse-run-notes.ts'
import { rowOfEvent } from './row-draft.ts'
import { type RowWriterParts, writeRow } from './row-writer.ts'
import type { WriteRunNotes } from './run-notes.ts'
import type { TokenReport } from './token-report.ts'

/** What recording needs. */
export interface RecordingParts extends RowWriterParts {
  readonly calls: GatewayCalls
  readonly reportTokens: TokenReport
  readonly writeNotes: WriteRunNotes
}

const rememberedEvents = 100_000
const rowsAtOnce = 8

interface RowBatch {
  readonly events: { readonly event: ClawEvent; readonly at: number }[]
}

/**
 * Records runs and their steps as actions: one row each, by the ids that the events name, so that telling twice changes nothing.
 *
 * Rows are written side by side, each in the order of its events. Where the server fails in the middle of a batch, what was written is answered
 * for, and the rest is left to be told again. Pieces of text, and events that DashClaw has no place for, are taken and dropped.
 */
export function createRecording(parts: RecordingParts): EventSink {
  const { calls, reportTokens, writeNotes } = parts
  const seen = createBoundedMap<true>(rememberedEvents)
  const reported = createBoundedMap<true>(rememberedEvents)

  async function write(
    rowId: string,
    events: readonly ClawEvent[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const isRow = rowId.startsWith('act_')
    const usages = isRow
      ? await (async () => {
          const draft = await writeRow(parts, rowId, events, signal)
          const agentId = events[0]?.agentId
          if (draft.metadata !== undefined)
            await writeNotes(rowId, parseRunNotes(draft.metadata), agentId, signal)
          return draft.usages
        })()
      : events.filter((event) => event.type === 'usage.reported')
    for (const usage of usages) {
      if (reported.has(usage.id)) continue
      await reportTokens(usage, signal)
      reported.set(usage.id, true)
    }
  }

  return {
    async append(events, { signal } = {}) {
      calls.check(signal)
      const verdicts: EventVerdict[] = []
      const inBatch = new Set<string>()
      const batches = new Map<string, RowBatch>()
      for (const [at, given] of events.entries()) {
        const event = readEvent(given)
        if (event instanceof PincerError) {
          verdicts[at] = {
            id: idOf(given),
            status: 'rejected',
            code: 'invalid_event',
            message: event.message,
          }
          continue
        }
        const { id } = event
        if (seen.has(id) || inBatch.has(id)) {
          verdicts[at] = { id, status: 'duplicate' }
          continue
        }
        inBatch.add(id)
        const rowId = rowOfEvent(event)
        if (rowId === undefined) {
          seen.set(id, true)
          verdicts[at] = { id, status: 'accepted' }
          continue
        }
        const batch = batches.get(rowId)
        if (batch === undefined) batches.set(rowId, { events: [{ event, at }] })
        else batch.events.push({ event, at })
      }
      let answered = batches.size === 0 ? 1 : 0
      const failures = await eachAtMost(rowsAtOnce, [...batches], async ([rowId, batch]) => {
        const refusal = await write(
          rowId,
          batch.events.map(({ event }) => event),
          signal,
        ).catch(readRefusal)
        answered++
        for (const { event, at } of batch.events) {
          const { id } = event
          seen.set(id, true)
          verdicts[at] =
            refusal === undefined
              ? { id, status: 'accepted' }
              : { id, status: 'rejected', code: refusal.gatewayCode ?? 'refused', message: refusal.message }
        }
      })
      calls.check(signal)
      if (failures.length > 0 && answered === 0) throw failures[0]
      // What has no verdict is told again.
      return verdicts.filter((verdict) => verdict !== undefined)
    },
  }
}

// A row that the server will never take: a fault of the row's, not of the server's or the key's.
function readRefusal(error: unknown): GatewayError {
  if (error instanceof GatewayError && !error.retryable) {
    const { status, gatewayCode } = error
    if (status === 400 || status === 413 || status === 422 || gatewayCode === 'blocked_by_policy')
      return error
  }
  throw error
}

function readEvent(given: ClawEvent): ClawEvent | PincerError {
  try {
    return parseEvent(given)
  } catch (error) {
    if (PincerError.isInstance(error)) return error
    throw error
  }
}

function idOf(given: unknown): string {
  return typeof given === 'object' && given !== null && 'id' in given && typeof given.id === 'string'
    ? given.id
    : ''
}
