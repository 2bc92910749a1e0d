import { PincerError } from '@pincer/protocol'

/**
 * Refuses what is no object of options, and names that are no option.
 *
 * @throws PincerError `invalid_option` naming the option, and the ones there are.
 */
export function checkOptionNames(what: string, found: unknown, known: readonly string[]): void {
  if (typeof found !== 'object' || found === null || Array.isArray(found)) {
    throw new PincerError('invalid_option', `${what}: expected an object of options; see its type for them`)
  }
  const unknown = Object.keys(found).find((name) => !known.includes(name))
  if (unknown === undefined) return
  const asked = unknown.toLowerCase()
  const near = known.find((name) => name.toLowerCase().includes(asked) || asked.includes(name.toLowerCase()))
  const next = near === undefined ? `the options are ${known.join(', ')}` : `did you mean \`${near}\`?`
  throw new PincerError('invalid_option', `${unknown.slice(0, 64)}: not an option of ${what}; ${next}`)
}
