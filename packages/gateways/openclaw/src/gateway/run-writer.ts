import { type ClawEvent, GatewayError } from '@pincer/protocol'
import { createBoundedMap } from './bounded-map.ts'
import type { Calls } from './calls.ts'
import {
  applyEvent,
  createRecordedRun,
  type InjectedMessage,
  type RecordedRun,
  writeCard,
  writeNote,
} from './recorded-run.ts'
import type { RecordingCounter } from './recording-stats.ts'
import type { SessionKeys } from './session-keys.ts'

/** Writes root runs into sessions of the Gateway. */
export interface RunWriter {
  /**
   * Shows the events of one root run.
   *
   * @returns what the Gateway refused for good, by the id of the event.
   * @throws GatewayError where it is away: nothing is lost, the same events may be told again.
   */
  write(
    root: string,
    events: readonly ClawEvent[],
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<string, GatewayError>>
  /** Nothing more is to be expected of the run. */
  ended(root: string): void
  /** Writes the cards that wait for their time. */
  close(): Promise<void>
}

const rememberedRuns = 1000
const rememberedMessages = 10_000
const cardEveryMs = 500
const noteMinutes = 30
const longestTitle = 200
const closingMs = 2000

export function createRunWriter(calls: Calls, keys: SessionKeys, counter: RecordingCounter): RunWriter {
  const runs = createBoundedMap<RecordedRun>(rememberedRuns)
  // Events whose message was sent, should the rest of their batch have to be told again.
  const sent = createBoundedMap<true>(rememberedMessages)
  const timers = new Map<string, NodeJS.Timeout>()

  async function ensureSession(run: RecordedRun, root: string, event: ClawEvent): Promise<void> {
    run.sessionKey ??= await keys.full(event.sessionKey ?? `pincer-${slug(root)}`, event.agentId)
    if (run.hasSession) return
    // A session that exists is taken as it is: its title stays.
    await calls.request('sessions.create', {
      key: run.sessionKey,
      displayName: (run.name ?? 'run').slice(0, longestTitle).toWellFormed() || 'run',
      category: 'Pincer',
    })
    run.hasSession = true
    counter.recorded.sessions++
  }

  async function inject(run: RecordedRun, message: InjectedMessage): Promise<void> {
    await calls.request('chat.inject', { sessionKey: run.sessionKey, ...message })
    counter.recorded.messages++
  }

  async function putCard(run: RecordedRun, timeoutMs?: number): Promise<void> {
    const { sessionKey } = run
    if (!run.dirty || sessionKey === undefined || !run.hasSession) return
    run.dirty = false
    run.cardAt = performance.now()
    const options = timeoutMs === undefined ? {} : { timeoutMs }
    try {
      await calls.request('progressCard.put', { sessionKey, ...writeCard(run) }, options)
      counter.recorded.cards++
      const note = writeNote(run)
      if (note === run.shownNote) return
      await calls.request(
        'sessions.patch',
        {
          key: sessionKey,
          statusNote: note ?? null,
          ...(note === undefined ? {} : { ttlMinutes: noteMinutes }),
        },
        options,
      )
      run.shownNote = note
    } catch (error) {
      run.dirty = true
      throw error
    }
  }

  // Cards are a picture of the moment: one that could not be written is made up for by the next.
  function putLater(root: string, run: RecordedRun): void {
    if (timers.has(root)) return
    const timer = setTimeout(
      () => {
        timers.delete(root)
        void putCard(run).catch(() => {})
      },
      Math.max(0, run.cardAt + cardEveryMs - performance.now()),
    ).unref()
    timers.set(root, timer)
  }

  function cancelTimer(root: string): void {
    clearTimeout(timers.get(root))
    timers.delete(root)
  }

  return {
    async write(root, events, signal) {
      const run = runs.get(root) ?? createRecordedRun()
      runs.set(root, run)
      const refusals = new Map<string, GatewayError>()
      const messages: { readonly id: string; readonly message: InjectedMessage }[] = []
      for (const event of events) {
        const message = applyEvent(run, event, event.runId === root)
        if (message !== undefined) messages.push({ id: event.id, message })
      }
      const [first] = events
      if (first === undefined) return refusals
      try {
        await ensureSession(run, root, first)
      } catch (error) {
        const refusal = readRefusal(error)
        for (const { id } of events) refusals.set(id, refusal)
        return refusals
      }
      for (const { id, message } of messages) {
        if (sent.has(id)) continue
        calls.check(signal)
        try {
          await inject(run, message)
          sent.set(id, true)
        } catch (error) {
          refusals.set(id, readRefusal(error))
        }
      }
      if (run.ended === undefined && performance.now() - run.cardAt < cardEveryMs) putLater(root, run)
      else {
        cancelTimer(root)
        await putCard(run).catch((error: unknown) => void readRefusal(error))
      }
      return refusals
    },
    ended(root) {
      cancelTimer(root)
    },
    async close() {
      const waiting = [...timers.keys()]
      for (const root of waiting) cancelTimer(root)
      await Promise.all(
        waiting.map(async (root) => {
          const run = runs.get(root)
          if (run !== undefined) await putCard(run, closingMs).catch(() => {})
        }),
      )
    },
  }
}

/** What the Gateway refused for good; where it is away, the failure goes on to whoever delivers. */
function readRefusal(error: unknown): GatewayError {
  if (error instanceof GatewayError && !error.retryable) return error
  throw error
}

function slug(runId: string): string {
  return runId
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .slice(0, 80)
}
