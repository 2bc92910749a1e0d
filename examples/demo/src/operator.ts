import type { Gateway } from '@pincer/protocol'

/** Plays the person at the gateway: allows every request for approval after a moment's thought. */
export async function allowApprovals(
  gateway: Gateway,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const event of gateway.events?.stream?.({ signal }) ?? []) {
      if (event.type !== 'approval.requested') continue
      say(`? ${event.data.name} wants permission: ${event.data.reason ?? 'no reason given'}`)
      await new Promise((resolve) => setTimeout(resolve, 300))
      await gateway.approvals?.decide(event.data.approvalId, { decision: 'approve', decidedBy: 'the demo' })
      say(`! ${event.data.name} was allowed by the demo`)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
