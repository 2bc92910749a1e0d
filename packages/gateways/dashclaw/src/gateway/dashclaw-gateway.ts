import type { Gateway } from '@pincer/protocol'
import { createSigner } from '../actions/signer.ts'
import { DashClaw } from '../dashclaw.ts'
import { readEvents } from '../events/read-events.ts'
import { createSend } from '../request/create-send.ts'
import { createActionRows } from './action-rows.ts'
import { createApprovalBook } from './approval-book.ts'
import { createApprovalDesk } from './approval-desk.ts'
import { createApprovals } from './approvals.ts'
import { createGatewayCalls } from './gateway-calls.ts'
import { type DashClawGatewayOptions, readGatewayOptions } from './gateway-options.ts'
import { createGuard } from './guard.ts'
import { createRecording } from './recording.ts'
import { createRowBook } from './row-book.ts'
import { createRowWatch } from './row-watch.ts'
import { createRunNotes } from './run-notes.ts'
import { createTokenReport } from './token-report.ts'

/** A DashClaw server as a gateway of Pincer: it keeps what was done, decides what may be done, and asks people. */
export interface DashClawGateway extends Gateway {
  readonly name: 'dashclaw'
  readonly events: NonNullable<Gateway['events']>
  readonly guard: NonNullable<Gateway['guard']>
  readonly approvals: NonNullable<Gateway['approvals']>
  /** A client of the same server, for everything that gateways have not in common. */
  readonly client: DashClaw
}

/**
 * Plugs a DashClaw server into Pincer: runs and their steps become actions, its policies guard them, and people answer where those want it.
 *
 * Nothing is opened before the first call. Works with servers of 2.0.x and of the 2.10 era.
 *
 * @throws PincerError `invalid_option` naming the option.
 * @example
 * ```ts
 * const claw = createClient({
 *   gateway: dashclaw({ baseUrl: 'http://localhost:3000', apiKey: process.env.DASHCLAW_API_KEY, agentId: 'deploy-bot' }),
 *   guard: { mode: 'enforce' },
 * })
 * ```
 */
export function dashclaw(options: DashClawGatewayOptions): DashClawGateway {
  const { settings, describe } = readGatewayOptions(options)
  const { agentId, agentName, swarmId, privateKey, onWarning } = settings
  const calls = createGatewayCalls({
    send: createSend(settings),
    own: {
      agentId,
      ...(agentName === undefined ? {} : { agentName }),
      ...(swarmId === undefined ? {} : { swarmId }),
    },
  })
  const sign = privateKey === undefined ? undefined : createSigner(privateKey)
  const rows = createActionRows({ context: calls.context, settings, sign })
  const book = createRowBook()
  const approvalBook = createApprovalBook()
  const desk = createApprovalDesk(rows, book, approvalBook)
  const watch = createRowWatch((signal) => readEvents(settings, { retryInterval: 500 }, calls.until(signal)))
  const { describe: _describe, ...clientOptions } = options
  const client = new DashClaw(clientOptions)
  let closing: Promise<void> | undefined
  return {
    name: 'dashclaw',
    client,
    events: createRecording({
      calls,
      rows,
      book,
      describe,
      reportTokens: createTokenReport(calls.context),
      writeNotes: createRunNotes(calls.context, onWarning),
    }),
    guard: createGuard({ calls, rows, book, desk, describe }),
    approvals: createApprovals({ calls, rows, book: approvalBook, watch }),
    close() {
      calls.close()
      return (closing ??= client.close())
    },
  }
}
