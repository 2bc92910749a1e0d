import { PincerError } from '@pincer/protocol'
import type { FollowedRun } from '../events/event-feed.ts'
import type { ConnectionChange } from '../transport/transport.ts'
import type { KnownRun } from './known-run.ts'
import { recoverRuns } from './recover-runs.ts'
import { type RunContext, tellRecovery } from './run-context.ts'
import { watchRun } from './watch-run.ts'

/**
 * Watches the connection, and finds out what became of the open runs each time that it comes back.
 *
 * @param closing - Aborted once the client is closed.
 */
export function watchConnection(context: RunContext, closing: AbortController): void {
  const { connection } = context
  let pass: AbortController | undefined
  let lastBootId: string | undefined
  let lost = false
  let comeBack: (() => void) | undefined

  function connected(bootId: string): void {
    const restarted = lastBootId !== undefined && bootId !== lastBootId
    const returned = lost
    lastBootId = bootId
    lost = false
    context.eventsLost = false
    if (restarted || returned) {
      pass?.abort()
      pass = new AbortController()
      recoverRuns(context, openRuns(context), restarted, pass.signal).catch(() => undefined)
    }
    settle()
  }

  function disconnected(change: Extract<ConnectionChange, { readonly status: 'disconnected' }>): void {
    pass?.abort()
    if (change.reconnecting) {
      context.away ??= new Promise((resolve) => {
        comeBack = resolve
      })
    } else {
      context.eventsLost = true
      settle()
    }
    if (connection.closed) {
      return closing.abort(new PincerError('closed', 'this client was closed; make another one'))
    }
    for (const run of openRuns(context)) {
      // Every failed attempt to come back is told here too.
      if (!lost) {
        const { code, reconnecting } = change
        tellRecovery(context, run, 'disconnected', { code, reconnecting })
      }
      // Nobody will tell of its end any more, so that it has to be asked for.
      if (!change.reconnecting) watchRun(context, run)
    }
    lost = true
  }

  function settle(): void {
    context.away = undefined
    comeBack?.()
  }

  connection.subscribe(({ event, payload }) => {
    if (event !== 'shutdown') return
    // The Gateway lets its runs end first, so that most of them will have ended when it goes.
    const reason =
      typeof payload === 'object' && payload !== null && 'reason' in payload ? payload.reason : ''
    for (const run of openRuns(context)) tellRecovery(context, run, 'stopping', { reason: String(reason) })
  })
  connection.onConnection((change) => {
    if (change.status === 'connected') connected(change.hello.bootId)
    else disconnected(change)
  })
}

function openRuns(context: RunContext): readonly KnownRun[] {
  return followedRuns(context).flatMap(({ runId, sessionKey, agentId }) => {
    const run = context.runs.open(runId)
    // Of a run that the Gateway has not acknowledged, whoever starts it is told.
    if (run.starting) return []
    run.followed = true
    run.sessionKey ??= sessionKey
    run.agentId ??= agentId
    return [run]
  })
}

function followedRuns(context: RunContext): readonly FollowedRun[] {
  try {
    return context.feed.openRuns()
  } catch {
    // A feed without normalization has no runs.
    return []
  }
}
