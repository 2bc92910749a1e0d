import { describeValue, GatewayError } from '@pincer/protocol'

/**
 * Makes the error for a parameter that the Gateway would refuse, so that nothing is sent.
 *
 * @param name - Such as `approvals.respond: decision`.
 */
export function invalidParam(name: string, expected: string, value: unknown): GatewayError {
  return new GatewayError(`${name}: expected ${expected}, found ${describeValue(value)}`, {
    status: 400,
    gatewayCode: 'INVALID_REQUEST',
  })
}

/**
 * Checks that an id, key or name is a text that is not empty.
 *
 * @throws GatewayError 400 naming the parameter.
 */
export function checkText(name: string, value: unknown, what: string): asserts value is string {
  if (typeof value !== 'string' || value.trim() === '') throw invalidParam(name, what, value)
}

/**
 * Checks that parameters are an object.
 *
 * @throws GatewayError 400 naming the call.
 */
export function checkParams(name: string, value: unknown): asserts value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidParam(name, 'an object', value)
}
