import { createHash, randomUUID } from 'node:crypto'
import type { GuardRequest, JsonValue } from '@pincer/protocol'

/** Stands before a hash that was made here, so that none that was told is ever equal to it. */
const madeHere = 'input:'

/**
 * The key that ties an approval to one action: who, where, which call, which arguments.
 *
 * A request that names neither a tool call nor an action gets a key of its own: two equal calls without an id could not be told apart.
 */
export function bindingOf(request: GuardRequest): string {
  const call = request.toolCallId ?? request.actionId ?? randomUUID()
  return JSON.stringify([
    request.kind,
    request.name,
    request.agentId ?? '',
    request.runId ?? '',
    call,
    hashOf(request),
  ])
}

function hashOf({ inputHash, input }: GuardRequest): string {
  if (inputHash === undefined) {
    return (
      madeHere +
      createHash('sha256')
        .update(JSON.stringify(sortFields(asSent(input))))
        .digest('hex')
    )
  }
  return inputHash.startsWith(madeHere) ? `told:${inputHash}` : inputHash
}

/** What a tool is given in the end: a date as its text, for one, which has no fields that could differ. */
function asSent(input: JsonValue | undefined): JsonValue {
  return input === undefined ? null : JSON.parse(JSON.stringify(input) ?? 'null')
}

function sortFields(value: JsonValue): JsonValue {
  if (value === null || typeof value !== 'object') return value
  if (isList(value)) return value.map(sortFields)
  const entries = Object.entries(value).flatMap(([name, field]) =>
    field === undefined ? [] : [[name, sortFields(field)] as const],
  )
  return Object.fromEntries(entries.toSorted(([left], [right]) => (left < right ? -1 : 1)))
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}
