import {
  type ClawEvent,
  type EventSink,
  type EventVerdict,
  GatewayError,
  isTerminalEvent,
  parseEvent,
  PincerError,
} from '@pincer/protocol'
import { pause } from '../pause.ts'
import { createBoundedMap } from './bounded-map.ts'
import type { Calls } from './calls.ts'
import { countLost, isShown } from './recorded-event.ts'
import type { RecordingCounter } from './recording-stats.ts'
import { createRunWriter } from './run-writer.ts'
import type { SessionKeys } from './session-keys.ts'

/** Takes events, and shows of them what OpenClaw has a place for. */
export interface Recording extends EventSink {
  /** Writes what waits for its time. */
  close(): Promise<void>
}

const rememberedEvents = 100_000
const rememberedRuns = 10_000
const runsAtOnce = 8
const closingMs = 2000

interface Batch {
  readonly events: { readonly event: ClawEvent; readonly at: number }[]
}

/**
 * Records runs of other frameworks, best effort: OpenClaw keeps no record of foreign runs.
 *
 * Every root run gets a session (its own `sessionKey`, else `agent:<default>:pincer-<run id>`). In it stand the final answer or the failure
 * as a message of the assistant (needs operator.admin), a progress card with the run's steps, those of the runs below it included, and while
 * a tool runs its name as the status line. Usage, inputs, outputs of steps and pieces of text have no place there: `stats()` counts them.
 *
 * Delivery is at least once: an event that was sent before is a `duplicate` as long as this process remembers it, which is the last 100,000.
 */
export function createRecording(calls: Calls, keys: SessionKeys, counter: RecordingCounter): Recording {
  const seen = createBoundedMap<true>(rememberedEvents)
  const roots = createBoundedMap<string>(rememberedRuns)
  const writer = createRunWriter(calls, keys, counter)
  // One batch after the other, so that a run is told in order.
  let tail: Promise<unknown> = Promise.resolve()

  function rootOf({ runId, parentRunId }: ClawEvent): string | undefined {
    if (runId === undefined) return undefined
    const known = roots.get(runId)
    if (known !== undefined) return known
    const root = parentRunId === undefined ? runId : (roots.get(parentRunId) ?? parentRunId)
    roots.set(runId, root)
    return root
  }

  async function record(
    events: readonly ClawEvent[],
    signal: AbortSignal | undefined,
  ): Promise<readonly EventVerdict[]> {
    calls.check(signal)
    const verdicts: EventVerdict[] = []
    const batches = new Map<string, Batch>()
    const inBatch = new Set<string>()
    for (const [at, given] of events.entries()) {
      const event = readEvent(given)
      if (event instanceof PincerError) {
        verdicts[at] = { id: idOf(given), status: 'rejected', code: 'invalid_event', message: event.message }
        continue
      }
      const { id } = event
      if (seen.has(id) || inBatch.has(id)) {
        verdicts[at] = { id, status: 'duplicate' }
        continue
      }
      inBatch.add(id)
      verdicts[at] = { id, status: 'accepted' }
      const root = rootOf(event)
      if (root === undefined || !isShown(event)) {
        seen.set(id, true)
        countLost(counter, event)
        continue
      }
      const batch = batches.get(root)
      if (batch === undefined) batches.set(root, { events: [{ event, at }] })
      else batch.events.push({ event, at })
    }
    await eachAtMost(runsAtOnce, [...batches], async ([root, batch]) => {
      const refusals = await writer.write(
        root,
        batch.events.map(({ event }) => event),
        signal,
      )
      for (const { event, at } of batch.events) {
        const refusal = refusals.get(event.id)
        seen.set(event.id, true)
        if (refusal === undefined) countLost(counter, event)
        else {
          counter.notRecorded.refused++
          verdicts[at] = { id: event.id, status: 'rejected', code: codeOf(refusal), message: refusal.message }
        }
        if (isTerminalEvent(event) && event.runId === root) writer.ended(root)
      }
    })
    return verdicts
  }

  return {
    async append(events, { signal } = {}) {
      calls.check(signal)
      if (events.length === 0) return []
      const recorded = tail.then(() => record(events, signal))
      tail = recorded.catch(() => {})
      return await recorded
    },
    async close() {
      // A Gateway that is away must not hold up the program's end.
      const stop = new AbortController()
      await Promise.race([tail, pause(closingMs, stop.signal)]).finally(() => stop.abort())
      await writer.close()
    },
  }
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

function codeOf(refusal: GatewayError): string {
  return refusal.gatewayCode ?? 'refused'
}

/** Does work on every item, on a few at once; the first failure is told after all that was begun has ended. */
async function eachAtMost<Item>(
  limit: number,
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items.values()
  const failures: unknown[] = []
  async function take(): Promise<void> {
    for (const item of queue) {
      if (failures.length > 0) return
      try {
        await work(item)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, take))
  if (failures.length > 0) throw failures[0]
}
