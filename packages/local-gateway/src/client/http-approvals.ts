import { type Approval, type Approvals, GatewayError, type RequestOptions } from '@pincer/protocol'
import type { Exchange } from './exchange.ts'
import { findOrNothing, getJson, postJson } from './json-call.ts'
import { longPoll } from './long-poll.ts'
import { itemsOf, parseApproval } from './parse-answer.ts'

/** The approvals of a gateway behind HTTP. */
export function createHttpApprovals(exchange: Exchange): Approvals {
  return {
    list: ({ status, signal } = {}) =>
      getJson(exchange, 'v1/approvals', itemsOf(parseApproval), { query: { status }, ...withSignal(signal) }),
    get: (approvalId, options) =>
      findOrNothing(getJson(exchange, pathOf(approvalId), parseApproval, options)),
    decide: (approvalId, decision, options) =>
      postJson(exchange, `${pathOf(approvalId)}/decide`, decision, parseApproval, options),
    async wait(approvalId, { timeoutMs, claimedBy, signal } = {}) {
      const answer = await longPoll<Approval>({
        ask: (pollMs) =>
          getJson(exchange, `${pathOf(approvalId)}/wait`, parseApproval, {
            query: { timeoutMs: pollMs, claimedBy },
            timeoutMs: pollMs + 10_000,
            ...withSignal(signal),
          }),
        isFinal: (approval) => approval.status !== 'pending',
        timeoutMs,
        signal,
      })
      if (answer.approvalId !== approvalId)
        throw new GatewayError('the gateway answered for another approval')
      return answer
    },
  }
}

function pathOf(approvalId: string): string {
  return `v1/approvals/${encodeURIComponent(approvalId)}`
}

function withSignal(signal: AbortSignal | undefined): RequestOptions {
  return signal === undefined ? {} : { signal }
}
