import { describeValue, PincerError } from '@pincer/protocol/errors'

import { readField } from './read-field.ts'

/** A name as it is recorded: `unknown` where none was given. */
export function nameOf(name: unknown): string {
  return isName(name) ? name : 'unknown'
}

/** Gives an action the names it must have and was not given, and tells of it: recording never throws into the host. */
export function completeNames<Options extends object>(
  method: string,
  options: Options | undefined,
  names: readonly (keyof Options & string)[],
  services: { report(error: unknown, where: string): void },
): Options {
  if (names.every((name) => isName(readField(options, name)))) return options as Options
  const complete: Record<string, unknown> = { ...options }
  for (const name of names) {
    const given = complete[name]
    if (isName(given)) continue
    complete[name] = 'unknown'
    const message = `${method}: ${name} must be a name, found ${describeValue(given)}`
    services.report(new PincerError('invalid_option', message), method)
  }
  return complete as Options
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
