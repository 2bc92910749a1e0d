import { PincerError } from './errors.ts'

/**
 * Refuses what is no object of options, and names that are no option.
 *
 * @param what - What takes the options, for the message, such as `localGateway()`.
 * @param otherNames - What some options are called elsewhere, such as `prompt` for `input`.
 * @throws PincerError `invalid_option` naming the option, and the known one that looks most like it.
 */
export function checkOptionNames(
  what: string,
  found: unknown,
  known: readonly string[],
  otherNames: Readonly<Record<string, string>> = {},
): void {
  if (typeof found !== 'object' || found === null || Array.isArray(found)) {
    throw new PincerError('invalid_option', `${what}: expected an object of options; see its type for them`)
  }
  const unknown = Object.keys(found).find((name) => !known.includes(name))
  if (unknown === undefined) return
  const nearest = Object.hasOwn(otherNames, unknown) ? otherNames[unknown] : nearestName(unknown, known)
  const next = nearest === undefined ? `the options are ${known.join(', ')}` : `did you mean \`${nearest}\`?`
  throw new PincerError('invalid_option', `${unknown.slice(0, 64)}: not an option of ${what}; ${next}`)
}

/** The known name that takes the fewest changes of a letter, such as `model` for `modle`; `undefined` where none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const asked = name.toLowerCase().slice(0, 64)
  const [nearest] = known
    .map((candidate) => ({ candidate, distance: distanceOf(asked, candidate.toLowerCase()) }))
    .filter(
      ({ candidate, distance }) =>
        distance <= Math.max(candidate.length > 3 ? 2 : 1, candidate.length / 2 - 1) ||
        candidate.toLowerCase().startsWith(asked),
    )
    .toSorted((left, right) => left.distance - right.distance)
  return nearest?.candidate
}

/** How many letters have to be put, taken or changed to make one word of the other. */
function distanceOf(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (const [index, letter] of left.split('').entries()) {
    const next = [index + 1]
    for (const [at, other] of right.split('').entries()) {
      const changed = (row[at] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(changed, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
