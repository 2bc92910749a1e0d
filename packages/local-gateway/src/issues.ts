import type { z } from 'zod'

const tellAtMost = 3

/** Tells what a schema found as one plain sentence: where, and what was expected; what was found is left out. */
export function tellIssues(error: z.core.$ZodError): string {
  const told = error.issues
    .slice(0, tellAtMost)
    .map(({ path, message }) => `${placeOf(path)}${message.charAt(0).toLowerCase()}${message.slice(1)}`)
  const more = error.issues.length - told.length
  return told.join('; ') + (more > 0 ? `; and ${more} more` : '')
}

/** Such as `[0].match.risk: `; empty where the whole value is meant. */
function placeOf(path: readonly PropertyKey[]): string {
  const place = path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '')
  return place === '' ? '' : `${place}: `
}
