import type { Approval } from '@pincer/protocol'
import type { RunningGateway } from './running-gateway.ts'

/** What {@link noticeApprovals} needs. */
export interface NoticeOptions {
  readonly running: RunningGateway
  /** True where requests must carry a token. */
  readonly hasToken: boolean
  /** Takes whole lines. */
  readonly write: (text: string) => void
}

const inputLength = 120

/** Tells of every question that waits for a person, with the command that answers it; ends when the gateway closes. */
export async function noticeApprovals({ running, hasToken, write }: NoticeOptions): Promise<void> {
  const { gateway, url } = running
  for await (const event of gateway.events.stream()) {
    if (event.type !== 'approval.requested') continue
    // A client may tell of questions that other gateways ask: only this gateway's own can be answered here.
    const approval = await gateway.approvals.get(event.data.approvalId)
    if (approval?.status === 'pending') write(describeApproval(approval, url, hasToken))
  }
}

function describeApproval({ approvalId, name, input }: Approval, url: string, hasToken: boolean): string {
  const token = hasToken ? ' -H "authorization: Bearer $PINCER_TOKEN"' : ''
  const shown = input === undefined ? '' : ` ${shorten(printable(JSON.stringify(input)))}`
  const path = `${url}/v1/approvals/${encodeURIComponent(approvalId)}/decide`
  return (
    `approval ${printable(approvalId)} waits: ${shorten(printable(name))}${shown}\n` +
    `  curl -X POST ${path} -H 'content-type: application/json'${token} -d '{"decision":"approve"}'\n`
  )
}

/** What a stranger wrote must not steer the reader's terminal, or turn its text around. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
}

function shorten(text: string): string {
  return text.length > inputLength ? `${text.slice(0, inputLength)}…` : text
}
