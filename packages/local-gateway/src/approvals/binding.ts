import { randomUUID } from 'node:crypto'
import type { GuardRequest } from '@pincer/protocol'
import { inputHashOf } from '../guard/input-hash.ts'

/**
 * The key that ties an approval to one action: who, where, which call, which arguments.
 *
 * A request that names neither a tool call nor an action gets a key of its own: two equal calls without an id
 * could not be told apart, and one answer must never hold for both.
 */
export function bindingOf(request: GuardRequest): string {
  const call = request.toolCallId ?? request.actionId ?? randomUUID()
  return JSON.stringify([
    request.kind,
    request.name,
    request.agentId ?? '',
    request.runId ?? '',
    call,
    inputHashOf(request),
  ])
}
