import {
  type ClawEvent,
  GatewayError,
  type GatewayEvent,
  isTerminalEvent,
  PincerError,
  type Usage,
} from '@pincer/protocol'
import type { Connection } from '../connection/connection.ts'
import { createBacklog } from './backlog.ts'
import { convertOutcome, outcomeOf } from './convert-ending.ts'
import { estimateEventBytes } from './estimate-bytes.ts'
import type { EventFeed, RunOutcome } from './event-feed.ts'
import { createEventReader, type EventReader } from './event-reader.ts'
import { completeBounds, type EventFeedOptions } from './feed-options.ts'
import { createNormalizer, type Normalizer } from './normalizer.ts'
import type { OutcomeWaiter, RunLog } from './run-log.ts'
import { createRunLogs } from './run-logs.ts'
import type { RunState } from './run-state.ts'
import { eventPolicy, readerPolicy, shortenedEvent } from './shorten-events.ts'
import { framePolicy } from './shorten-frames.ts'
import { waitForUsage } from './wait-for-usage.ts'

/**
 * Makes the feed of one connection: it subscribes at once, and keeps the logs of runs until `close()`.
 *
 * With `normalize: false` it keeps nothing, and everything but `rawEvents()` and `close()` throws a PincerError.
 */
export function createEventFeed(connection: Connection, options: EventFeedOptions = {}): EventFeed {
  const { normalize = true, usageTimeoutMs = 5000, now = Date.now } = options
  const bounds = completeBounds(options.bounds)
  const logs = createRunLogs(bounds)
  const frameReaders = new Set<EventReader<GatewayEvent>>()
  const readers = new Set<EventReader<ClawEvent>>()
  const giveUps = new Set<() => void>()
  const normalizer = normalize ? createNormalizer(receive, now) : undefined
  let isRetelling = false
  let isClosed = false

  const unsubscribe = connection.subscribe((frame) => {
    if (frameReaders.size > 0) {
      const bytes = framePolicy.sizeOf(frame)
      for (const reader of frameReaders) reader.offer(frame, bytes)
    }
    normalizer?.normalize(frame)
  })

  function receive(event: ClawEvent, run: RunState | undefined): void {
    if (run === undefined) return spread(event)
    const log = logs.get(run.runId) ?? (run.seq > 1 && isPassing(run, event) ? undefined : logOf(run))
    if (log === undefined) spread(event)
    else if (isTerminalEvent(event)) end(log, run, event)
    else append(log, event)
  }

  // The log of a run that nobody follows may be gone before the run is over: it is not begun again for each of its events.
  const isPassing = (run: RunState, event: ClawEvent): boolean => !run.followed && !isTerminalEvent(event)

  function logOf(run: RunState): RunLog {
    const known = logs.get(run.runId)
    if (known !== undefined) return known
    const log = logs.open(run.runId)
    if (run.seq > 1 && run.started !== undefined) {
      log.events.add(run.started, estimateEventBytes(run.started))
      if (run.seq > 2) {
        const gap = shortenedEvent(run.runId, run.seq - 2, run.started.ts)
        log.events.add(gap, estimateEventBytes(gap))
      }
    }
    return log
  }

  function append(log: RunLog, event: ClawEvent): void {
    const bytes = estimateEventBytes(event)
    log.events.add(event, bytes)
    for (const reader of log.readers) reader.offer(event, bytes)
    if (!isRetelling) for (const reader of readers) reader.offer(event, bytes)
  }

  function spread(event: ClawEvent): void {
    if (readers.size === 0) return
    const bytes = estimateEventBytes(event)
    for (const reader of readers) reader.offer(event, bytes)
  }

  function end(log: RunLog, run: RunState, event: ClawEvent): void {
    if (log.ending) return
    log.ending = true
    const ask = log.usage === undefined ? log.followed?.usage : undefined
    if (ask === undefined) return finish(log, run, event, log.usage)
    const giveUp = waitForUsage(ask, usageTimeoutMs, (usage) => {
      giveUps.delete(giveUp)
      finish(log, run, event, usage)
    })
    giveUps.add(giveUp)
  }

  function finish(log: RunLog, run: RunState, event: ClawEvent, usage: Usage | undefined): void {
    let last = event
    if (usage !== undefined && normalizer !== undefined) {
      // The usage takes the place in the sequence that was meant for the end.
      run.seq -= 1
      normalizer.report(run, usage, event.ts)
      run.seq += 1
      last = { ...event, id: `${run.runId}.${run.seq}`, seq: run.seq }
    }
    const outcome = outcomeOf(last)
    log.outcome = outcome === undefined || usage === undefined ? outcome : { ...outcome, usage }
    append(log, last)
    for (const reader of log.readers) reader.end()
    log.readers.clear()
    const waiters = [...log.waiters]
    log.waiters.clear()
    if (log.outcome !== undefined) for (const waiter of waiters) waiter.resolve(log.outcome)
    logs.finish(log, last)
  }

  function normalizing(): Normalizer {
    if (isClosed) throw new PincerError('closed', 'this client was closed; make a new one')
    if (normalizer !== undefined) return normalizer
    throw new PincerError(
      'invalid_option',
      'runs and events need normalization, which the option normalize: false turns off; leave it out, or use rawEvents() alone',
    )
  }

  /** The log of a run by any of its ids; made where nothing of the run is known. */
  function findLog(runId: string): RunLog {
    const ownId = normalizing().ownRunId(runId)
    const run = normalizing().find(ownId)
    return logs.get(ownId) ?? (run === undefined ? logs.open(ownId) : logOf(run))
  }

  function readLog(runId: string, signal: AbortSignal | undefined): AsyncIterable<ClawEvent> {
    const ownId = normalizing().ownRunId(runId)
    const remains = logs.get(ownId) === undefined ? logs.remains(ownId) : undefined
    if (remains !== undefined) {
      const { end: last, dropped } = remains
      const rest = [shortenedEvent(ownId, dropped, last.ts), last]
      const reader = createEventReader(createBacklog(eventPolicy, bounds.log, rest), { signal, onClose() {} })
      reader.end()
      return reader.items
    }
    const log = findLog(runId)
    const backlog = createBacklog(eventPolicy, bounds.log, log.events.items())
    const reader = createEventReader(backlog, { signal, onClose: () => log.readers.delete(reader) })
    if (log.outcome !== undefined) reader.end()
    else if (signal?.aborted !== true) log.readers.add(reader)
    return reader.items
  }

  return {
    follow(followed) {
      const ownId = normalizing().ownRunId(followed.runId)
      const known = logs.get(ownId)
      if (known === undefined && logs.remains(ownId) !== undefined) return
      const isOver = known?.ending === true
      if (!isOver) normalizing().follow(ownId, followed)
      const log = findLog(ownId)
      log.followed = { ...log.followed, ...followed, runId: ownId }
      if (!isOver) logs.keep(log)
    },
    openRuns() {
      normalizing()
      const open = []
      for (const log of logs.all()) if (log.followed !== undefined && !log.ending) open.push(log.followed)
      return open
    },
    runEvents: (runId, { signal } = {}) => readLog(runId, signal),
    outcome(runId) {
      const ownId = normalizing().ownRunId(runId)
      return logs.get(ownId)?.outcome ?? logs.remains(ownId)?.outcome
    },
    async ended(runId, { signal } = {}) {
      const ownId = normalizing().ownRunId(runId)
      signal?.throwIfAborted()
      const known = logs.get(ownId)?.outcome ?? logs.remains(ownId)?.outcome
      if (known !== undefined) return known
      return await waitForOutcome(findLog(ownId), signal)
    },
    end(runId, outcome) {
      const ownId = normalizing().ownRunId(runId)
      const known = logs.get(ownId)
      if (known?.ending === true || logs.remains(ownId) !== undefined) return
      if (known === undefined) normalizing().follow(ownId, {})
      findLog(ownId).usage = outcome.usage
      normalizing().end(ownId, convertOutcome(outcome), now())
    },
    adopt(runId, resumedRunId) {
      const own = normalizing()
      const resumed = logs.get(resumedRunId)
      const wasAdopted = own.adopt(runId, resumedRunId, now(), (run) => {
        if (resumed !== undefined) retell(run, resumed)
      })
      if (!wasAdopted || resumed === undefined) return
      const log = findLog(runId)
      for (const reader of resumed.readers) log.readers.add(reader)
      for (const waiter of resumed.waiters) log.waiters.add(waiter)
      resumed.readers.clear()
      resumed.waiters.clear()
      logs.delete(resumedRunId)
      if (resumed.outcome !== undefined) own.end(runId, convertOutcome(resumed.outcome), now())
    },
    forget(runId) {
      const ownId = normalizing().ownRunId(runId)
      const log = logs.get(ownId)
      if (log === undefined || !normalizing().forget(ownId)) return
      logs.delete(ownId)
      for (const reader of log.readers) reader.end()
      const refused = new GatewayError(`the run ${ownId} never began: the Gateway refused it`)
      for (const waiter of log.waiters) waiter.reject(refused)
    },
    tell(runId, name, payload) {
      normalizing().tell(runId, name, payload, now())
    },
    events({ signal } = {}) {
      normalizing()
      const reader = createEventReader(createBacklog(readerPolicy, bounds.log), {
        signal,
        onClose: () => readers.delete(reader),
      })
      if (signal?.aborted !== true) readers.add(reader)
      return reader.items
    },
    rawEvents({ signal, filter } = {}) {
      if (isClosed) throw new PincerError('closed', 'this client was closed; make a new one')
      const reader = createEventReader(createBacklog(framePolicy, bounds.log), {
        signal,
        onClose: () => frameReaders.delete(entry),
      })
      const entry = filter === undefined ? reader : filterReader(reader, filter)
      if (signal?.aborted !== true) frameReaders.add(entry)
      return reader.items
    },
    close() {
      if (isClosed) return
      isClosed = true
      unsubscribe()
      for (const giveUp of giveUps) giveUp()
      giveUps.clear()
      for (const reader of [...readers, ...frameReaders]) reader.end()
      for (const log of logs.all()) {
        for (const reader of log.readers) reader.end()
        const closed = new PincerError('closed', `this client was closed before the run ${log.runId} ended`)
        for (const waiter of log.waiters) waiter.reject(closed)
        log.waiters.clear()
      }
    },
  }

  function retell(run: RunState, resumed: RunLog): void {
    const own = logOf(run)
    isRetelling = true
    for (const event of resumed.events.items()) {
      if (event.type === 'run.started' || isTerminalEvent(event)) continue
      if (event.type === 'assistant.message') run.lastText = event.data.text
      run.seq += 1
      append(own, { ...event, id: `${run.runId}.${run.seq}`, runId: run.runId, seq: run.seq })
    }
    isRetelling = false
  }
}

function waitForOutcome(log: RunLog, signal: AbortSignal | undefined): Promise<RunOutcome> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      log.waiters.delete(waiter)
      signal?.removeEventListener('abort', abort)
    }
    const waiter: OutcomeWaiter = {
      resolve(outcome) {
        done()
        resolve(outcome)
      },
      reject(reason) {
        done()
        reject(reason as Error)
      },
    }
    const abort = (): void => waiter.reject(signal?.reason)
    log.waiters.add(waiter)
    signal?.addEventListener('abort', abort, { once: true })
  })
}

function filterReader(
  reader: EventReader<GatewayEvent>,
  filter: (event: GatewayEvent) => boolean,
): EventReader<GatewayEvent> {
  return {
    ...reader,
    offer(frame, bytes) {
      // A fault of the filter is its reader's, not the feed's.
      try {
        if (filter(frame)) reader.offer(frame, bytes)
      } catch (error) {
        reader.fail(error)
      }
    },
  }
}
