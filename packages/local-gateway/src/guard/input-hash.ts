import { createHash } from 'node:crypto'
import type { GuardRequest, JsonValue } from '@pincer/protocol'

/** Stands before a hash that was made here, of the arguments that a person is shown. */
const madeHere = 'input:'

/**
 * The hash of an action's arguments: as the client told it, else made of the arguments given.
 *
 * A hash that was told is never equal to one that was made here: else whoever asks could show a person other arguments
 * than those that a tool of the gateway is then called with.
 */
export function inputHashOf({ inputHash, input }: GuardRequest): string {
  if (inputHash === undefined) return madeHere + hashInput(input)
  return inputHash.startsWith(madeHere) ? `told:${inputHash}` : inputHash
}

/** Hashes arguments so that equal values give equal hashes, whatever the order of their fields; hexadecimal SHA-256. */
function hashInput(input: JsonValue | undefined): string {
  return createHash('sha256')
    .update(JSON.stringify(sortFields(input ?? null)))
    .digest('hex')
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
