import { GatewayError } from '@pincer/protocol'
import type { CheckedTransportOptions } from './transport-options.ts'

const shortestSecret = 4
// What a Gateway put into the details of an error is not searched for ever: a cause larger than this is left out.
const searchedValues = 5000

/** Takes this connection's secrets out of what is told to others. */
export interface Redactor {
  /** The same error without secrets, in its cause neither; a refused credential says where it came from. */
  error(error: Error): Error
  text(text: string): string
}

/** Makes what takes this connection's secrets out of errors and texts. */
export function createRedactor(options: CheckedTransportOptions): Redactor {
  const { token, password, deviceToken, bootstrapToken, edgeAuthHeaders, credentialsFrom } = options
  const secrets = [token, password, deviceToken, bootstrapToken, ...Object.values(edgeAuthHeaders ?? {})]
    .filter((secret) => secret !== undefined)
    .map((secret) => secret.trim())
    // Shorter ones would take letters out of every sentence, and are no secrets.
    .filter((secret) => secret.length >= shortestSecret)

  const redactText = (text: string): string =>
    secrets.reduce((rest, secret) => dropCutSecret(rest.replaceAll(secret, '…'), secret), text)

  return {
    text: redactText,
    error(error) {
      if (!(error instanceof GatewayError)) return error
      const { status, retryable, retryAfterMs, cause } = error
      const from =
        error.status === 401 && credentialsFrom !== undefined ? ` (they came from ${credentialsFrom})` : ''
      const message = `${redactText(error.message)}${from}`
      const gatewayCode = error.gatewayCode === undefined ? undefined : redactText(error.gatewayCode)
      const holdsSecret = secrets.length > 0 && createSearch(secrets)(cause)
      if (message === error.message && gatewayCode === error.gatewayCode && !holdsSecret) return error
      return new GatewayError(message, {
        ...(status === undefined ? {} : { status }),
        ...(gatewayCode === undefined ? {} : { gatewayCode }),
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
        retryable,
        ...(holdsSecret || cause === undefined ? {} : { cause }),
      })
    },
  }
}

// Messages are cut to a length, which may leave the first half of a secret at their end.
function dropCutSecret(text: string, secret: string): string {
  for (let length = secret.length - 1; length >= shortestSecret; length -= 1) {
    const piece = `${secret.slice(0, length)}…`
    if (text.includes(piece)) return text.replaceAll(piece, '…')
  }
  return text
}

/** Makes a search for secrets in a value and all that hangs on it; what is too large to be searched counts as found. */
function createSearch(secrets: readonly string[]): (value: unknown) => boolean {
  const seen = new Set<object>()
  let left = searchedValues
  return function holds(value: unknown): boolean {
    if (typeof value === 'string') return secrets.some((secret) => value.includes(secret))
    if (typeof value !== 'object' || value === null || seen.has(value)) return false
    seen.add(value)
    // An error's message and stack are no fields that can be listed.
    const fields: Readonly<Record<string, unknown>> = value as Readonly<Record<string, unknown>>
    for (const name of Object.getOwnPropertyNames(value)) {
      left -= 1
      if (left <= 0 || holds(name) || holds(fields[name])) return true
    }
    return false
  }
}
