/** A question of the gateway to a person, as the AI SDK's approval request carries it in its `reason`. */
export interface ApprovalQuestion {
  /** The gateway's own id of the approval. */
  readonly approvalId: string
  /** Why the guard asks, for people; absent where it does not say. */
  readonly reason?: string
}

// A gateway that is broken may give a reason without end.
const longestReason = 2_000
const marked = /^(?<reason>[\s\S]*?) ?\[pincer:(?<id>[^\s[\]]{1,600})\]$/

/** Writes a question as a `reason`: words for people, then the gateway's approval id for programs. */
export function writeApprovalReason({ approvalId, reason = '' }: ApprovalQuestion): string {
  const words = typeof reason === 'string' ? reason.slice(0, longestReason) : ''
  return `${words === '' ? '' : `${words} `}[pincer:${encodeURIComponent(approvalId)}]`
}

/**
 * Reads the question out of the `reason` of an approval request (`approval.requestReason` of a UI message part); undefined
 * where the request is none of ours.
 *
 * @example
 * parseApprovalReason('refunds need a person [pincer:apr_1]') // { approvalId: 'apr_1', reason: 'refunds need a person' }
 */
export function parseApprovalReason(reason: unknown): ApprovalQuestion | undefined {
  if (typeof reason !== 'string' || reason.length > longestReason + 700) return undefined
  const { reason: words = '', id } = marked.exec(reason)?.groups ?? {}
  if (id === undefined) return undefined
  try {
    return { approvalId: decodeURIComponent(id), ...(words !== '' && { reason: words }) }
  } catch {
    return undefined
  }
}
