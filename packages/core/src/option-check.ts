import { describeValue, PincerError } from '@pincer/protocol/errors'

import { readField } from './read-field.ts'

/** What an option must be: a word of `typeof`, a list, a number with this default, or something checked on its own. */
type OptionKind = 'string' | 'boolean' | 'function' | 'list' | 'other' | number

/** Every option there is, so that no name can be forgotten here. */
export type OptionTable<Options> = Readonly<Record<keyof Options & string, OptionKind>>

/** Numbers by name. */
export type Numbers<Name extends string> = Readonly<Record<Name, number>>

/**
 * Refuses what is no plain object, names that are no options, and values of the wrong kind; `path` is empty for the outermost options.
 *
 * @throws PincerError with code `invalid_option` naming the option, what was expected and the name that was probably meant
 */
export function checkOptions(
  maker: string,
  path: string,
  given: unknown,
  table: Readonly<Record<string, OptionKind>>,
  example: string,
): void {
  const prefix = `${maker}: ${path && `${path}.`}`
  check(isPlainObject(given), `${maker}: ${path || 'options'}`, `an object such as ${example}`, given)
  const names = Object.keys(table)
  for (const name of Object.keys(given)) {
    const kind = Object.hasOwn(table, name) ? table[name] : undefined
    const value = readField(given, name)
    if (kind === undefined) {
      const meant = names.find((known) => isWithin(name.toLowerCase(), known.toLowerCase(), 2))
      const hint = meant === undefined ? '' : `, did you mean "${meant}"?`
      throw new PincerError(
        'invalid_option',
        `${prefix}${name.slice(0, 40)} is no option${hint}; ${path || maker} takes ${names.join(', ')}`,
      )
    }
    if (value === undefined || value === null || typeof kind === 'number' || kind === 'other') continue
    check(kind === 'list' ? Array.isArray(value) : typeof value === kind, prefix + name, `a ${kind}`, value)
  }
}

/** Takes the numbers of a table of defaults from what was given. */
export function fillNumbers<Name extends string>(
  prefix: string,
  given: { readonly [Field in Name]?: number } | undefined,
  defaults: Numbers<Name>,
): Numbers<Name> {
  const filled: Record<string, number> = {}
  for (const [name, standard] of Object.entries<number>(defaults)) {
    const value: unknown = given?.[name as Name] ?? standard
    check(typeof value === 'number' && value > 0, prefix + name, 'a number greater than zero', value)
    check(!/^max(?!Ms)/.test(name) || Number.isSafeInteger(value), prefix + name, 'a whole number', value)
    filled[name] = value
  }
  return filled as Numbers<Name>
}

/** Refuses an option that is not as it must be. */
export function check(isRight: boolean, name: string, expected: string, value: unknown): asserts isRight {
  if (!isRight)
    throw new PincerError('invalid_option', `${name} must be ${expected}, found ${describeValue(value)}`)
}

// Objects of other realms have another prototype of their own.
function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

// Tells whether so many letters added, taken or changed make one name of the other.
function isWithin(left: string, right: string, edits: number): boolean {
  if (left === right) return true
  if (left[0] === right[0]) return isWithin(left.slice(1), right.slice(1), edits)
  if (edits === 0) return false
  return [
    [left.slice(1), right],
    [left, right.slice(1)],
    [left.slice(1), right.slice(1)],
  ].some(([one = '', other = '']) => isWithin(one, other, edits - 1))
}
