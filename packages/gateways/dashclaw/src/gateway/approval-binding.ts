import { createHash, randomUUID } from 'node:crypto'
import type { GuardRequest, JsonValue } from '@pincer/protocol'

/**
 * The key that ties an approval to one call: who, where, which call, which arguments.
 *
 * A request that names neither a tool call nor an action gets a key of its own: two equal calls without an id could not be told apart.
 */
export function bindingOf(request: GuardRequest): string {
  const { kind, name, agentId, runId, toolCallId, actionId, inputHash, input } = request
  const call = toolCallId ?? actionId ?? randomUUID()
  // A hash that was told is never taken for one that was made here.
  const hash = inputHash === undefined ? `made:${hashOf(input)}` : `told:${inputHash}`
  return JSON.stringify([kind, name, agentId ?? '', runId ?? '', call, hash])
}

function hashOf(input: JsonValue | undefined): string {
  const text = JSON.stringify(input, (_name, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : value,
  )
  return createHash('sha256')
    .update(text ?? '')
    .digest('hex')
}
