import { createHash } from 'node:crypto'
import type { GuardRequest, JsonValue } from '@pincer/protocol'

/** Hashes arguments so that equal values give equal hashes, whatever the order of their fields; hexadecimal SHA-256. */
function hashInput(input: JsonValue | undefined): string {
  return createHash('sha256')
    .update(JSON.stringify(sortFields(input ?? null)))
    .digest('hex')
}

/** The hash of an action's arguments: as the client told it, else made of the arguments given. */
export function inputHashOf(request: GuardRequest): string {
  return request.inputHash ?? hashInput(request.input)
}

function sortFields(value: JsonValue): JsonValue {
  if (value === null || typeof value !== 'object') return value
  if (isArray(value)) return value.map(sortFields)
  const entries = Object.entries(value).flatMap(([name, field]) =>
    field === undefined ? [] : [[name, sortFields(field)] as const],
  )
  return Object.fromEntries(entries.toSorted(([left], [right]) => (left < right ? -1 : 1)))
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}
