import { describeValue, type Gateway, PincerError } from '@pincer/protocol'

/**
 * Refuses what is no claw.
 *
 * @param what - What takes it, for the message, such as `guardTools`.
 * @throws PincerError with code `invalid_option`
 */
export function checkClaw(what: string, given: unknown): void {
  if (isClaw(given)) return
  const next = isGateway(given) ? '; make a claw of it by createClient({ gateway })' : ''
  throw new PincerError(
    'invalid_option',
    `${what}: expected a claw of createClient, found ${describeParty(given)}${next}`,
  )
}

/** True for a client of `createClient`. */
export function isClaw(given: unknown): boolean {
  return 'startToolCall' in Object(given)
}

/** True for a gateway, by what all of them have. */
export function isGateway(given: unknown): given is Gateway {
  const { name, close }: Partial<Gateway> = Object(given)
  return typeof name === 'string' && typeof close === 'function' && !isClaw(given)
}

/** Says what a value is; a gateway and a claw by their names, for one is easily given for the other. */
export function describeParty(given: unknown): string {
  if (isClaw(given)) return 'a claw'
  return isGateway(given) ? 'a gateway' : describeValue(given)
}
