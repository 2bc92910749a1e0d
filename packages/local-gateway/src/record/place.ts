import type { ClawEvent } from '@pincer/protocol'

const bits = new DataView(new ArrayBuffer(8))

/**
 * Where an event stands in its run, as text that sorts: by `seq` (events without one come last), then time, then id.
 *
 * The place is a fact of the event, so that everything decided by it is the same in every order of arrival.
 */
export function placeOf(event: ClawEvent): string {
  return `${sortable(event.seq ?? Number.POSITIVE_INFINITY)}${sortable(event.ts)}${event.id}`
}

/** The bits of a double that is not negative sort, as hexadecimal, like the number. */
function sortable(value: number): string {
  bits.setFloat64(0, value + 0)
  return bits.getBigUint64(0).toString(16).padStart(16, '0')
}
