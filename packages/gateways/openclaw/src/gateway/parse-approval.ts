import type { Approval, ApprovalStatus, JsonValue } from '@pincer/protocol'

/** An approval as the Gateway tells it, and what is needed to answer it. */
export interface WireApproval {
  readonly approval: Approval
  readonly kind: 'exec' | 'plugin' | 'other'
  /** The Gateway's word for why it ended, such as `user`, `timeout` or `no-route`. */
  readonly endedBy?: string
  readonly allowedDecisions: readonly string[]
}

const statuses: ReadonlyMap<unknown, ApprovalStatus> = new Map([
  ['pending', 'pending'],
  ['allowed', 'approved'],
  ['denied', 'denied'],
  ['expired', 'expired'],
  ['cancelled', 'cancelled'],
])

const endings: ReadonlyMap<unknown, string> = new Map([
  [
    'no-route',
    'nobody could be asked: no client that may answer is connected to the Gateway; open its Control UI, or connect a client with the scope operator.admin and the cap "approvals" (new OpenClaw({ reviewer: true }))',
  ],
  ['timeout', 'nobody answered in time'],
  ['gateway-restart', 'the Gateway was restarted while the question was open; ask again'],
  ['run-aborted', 'the run that it belonged to was stopped'],
  ['malformed-verdict', 'the answer was none of those that were offered'],
  ['storage-corrupt', 'the Gateway could not read its record of the question'],
])

/** Why an approval ended that nobody answered; `undefined` where somebody did. */
function describeEnding(endedBy: unknown): string | undefined {
  return endings.get(endedBy)
}

/** Reads an answer of `approval.get` or `approval.resolve`, or a row of `approval.history`; `undefined` for what is none. */
export function parseApprovalSnapshot(payload: any): WireApproval | undefined {
  const snapshot = payload?.approval ?? payload
  const status = statuses.get(snapshot?.status)
  if (typeof snapshot?.id !== 'string' || status === undefined) return undefined
  const { presentation, source, resolver } = snapshot
  const reason = describeEnding(snapshot.reason)
  return {
    ...readOffer(presentation?.kind, presentation),
    approval: {
      ...readShown(snapshot.id, presentation?.kind, presentation, source),
      status,
      requestedAt: typeof snapshot.createdAtMs === 'number' ? snapshot.createdAtMs : 0,
      ...(typeof snapshot.expiresAtMs === 'number' ? { expiresAt: snapshot.expiresAtMs } : {}),
      ...(typeof snapshot.resolvedAtMs === 'number' ? { decidedAt: snapshot.resolvedAtMs } : {}),
      ...(status !== 'pending' && typeof resolver?.id === 'string' && resolver.kind !== 'system'
        ? { decidedBy: resolver.id }
        : {}),
      ...(status === 'pending' || reason === undefined ? {} : { decisionReason: reason }),
    },
    ...(typeof snapshot.reason === 'string' ? { endedBy: snapshot.reason } : {}),
  }
}

/** Reads a row of `plugin.approval.list` or `exec.approval.list`. */
export function parsePendingApproval(row: any, kind: 'exec' | 'plugin'): WireApproval | undefined {
  if (typeof row?.id !== 'string') return undefined
  return {
    ...readOffer(kind, row.request),
    approval: {
      ...readShown(row.id, kind, row.request, row.request),
      status: 'pending',
      requestedAt: typeof row.createdAtMs === 'number' ? row.createdAtMs : 0,
      ...(typeof row.expiresAtMs === 'number' ? { expiresAt: row.expiresAtMs } : {}),
    },
  }
}

function readOffer(kind: unknown, shown: any): Pick<WireApproval, 'kind' | 'allowedDecisions'> {
  return {
    kind: kind === 'exec' || kind === 'plugin' ? kind : 'other',
    allowedDecisions: (Array.isArray(shown?.allowedDecisions) ? shown.allowedDecisions : []).filter(
      (decision: unknown) => typeof decision === 'string',
    ),
  }
}

function readShown(
  approvalId: string,
  kind: unknown,
  shown: any,
  source: any,
): Omit<Approval, 'status' | 'requestedAt'> {
  const command = shown?.commandText ?? shown?.command
  const input: JsonValue | undefined =
    kind === 'exec' && typeof command === 'string'
      ? { command, ...(typeof shown.cwd === 'string' ? { cwd: shown.cwd } : {}) }
      : parseDetail(shown?.detail)
  const reason = shown?.description ?? shown?.warningText
  const agentId = shown?.agentId ?? source?.agentId
  return {
    approvalId,
    name:
      kind === 'exec'
        ? 'exec'
        : ([shown?.toolName, shown?.title].find((name) => typeof name === 'string') ?? 'action'),
    ...(typeof shown?.toolCallId === 'string' ? { toolCallId: shown.toolCallId } : {}),
    ...(input === undefined ? {} : { input }),
    ...(typeof reason === 'string' ? { reason } : {}),
    ...(shown?.severity === 'critical' ? { risk: 'critical' as const } : {}),
    ...(typeof source?.runId === 'string' ? { runId: source.runId } : {}),
    ...(typeof agentId === 'string' ? { agentId } : {}),
    ...(typeof source?.sessionKey === 'string' ? { sessionKey: source.sessionKey } : {}),
  }
}

// Arguments that we wrote are JSON; what others wrote is their text.
function parseDetail(detail: unknown): JsonValue | undefined {
  if (typeof detail !== 'string') return undefined
  try {
    return JSON.parse(detail)
  } catch {
    return detail
  }
}
