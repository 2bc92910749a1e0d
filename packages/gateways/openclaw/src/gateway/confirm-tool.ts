import { randomUUID } from 'node:crypto'
import { pause } from '../pause.ts'
import type { Calls } from './calls.ts'
import { parsePendingApproval } from './parse-approval.ts'
import type { ToolAnswer } from './parse-tool-answer.ts'

const firstPauseMs = 10
const longestPauseMs = 200

/**
 * Calls a tool that a person has approved: the Gateway asks about it once more, and that question is answered here.
 *
 * The Gateway puts our key into the id of the call that it asks about; nobody else knows the key, so that no other question is ever answered.
 */
export async function confirmTool(
  calls: Calls,
  name: string,
  send: (extra: { readonly confirm: true; readonly idempotencyKey: string }) => Promise<ToolAnswer>,
): Promise<ToolAnswer> {
  const idempotencyKey = randomUUID()
  const done = new AbortController()
  const answering = answerOwnQuestion(calls, name, idempotencyKey, done.signal).catch(() => {})
  try {
    return await send({ confirm: true, idempotencyKey })
  } finally {
    done.abort()
    await answering
  }
}

async function answerOwnQuestion(
  calls: Calls,
  name: string,
  key: string,
  signal: AbortSignal,
): Promise<void> {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    const rows = await calls.request('plugin.approval.list', {}, { signal })
    const own = (Array.isArray(rows) ? rows : [])
      .map((row: unknown) => parsePendingApproval(row, 'plugin')?.approval)
      .find((approval) => approval?.name === name && approval.toolCallId?.endsWith(`-${key}`) === true)
    if (own !== undefined) {
      await calls.request(
        'approval.resolve',
        { id: own.approvalId, kind: 'plugin', decision: 'allow-once' },
        { signal },
      )
      return
    }
    await pause(pauseMs, signal)
  }
}
