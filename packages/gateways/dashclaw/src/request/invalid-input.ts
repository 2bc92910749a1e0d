import { describeValue } from '@pincer/protocol'
import { DashClawError } from './dashclaw-error.ts'

/**
 * Makes the error for an argument that the server would refuse, so that nothing is sent.
 *
 * @param name - Such as `approveAction: decision`.
 */
export function invalidInput(name: string, expected: string, value: unknown): DashClawError {
  return new DashClawError(`${name}: expected ${expected}, found ${describeValue(value)}`, {
    status: 400,
    gatewayCode: 'INVALID_REQUEST',
  })
}

/**
 * Checks that an id or a name is a text that is not empty.
 *
 * @throws DashClawError 400 naming the argument.
 */
export function checkText(name: string, value: unknown, what: string): asserts value is string {
  if (typeof value !== 'string' || value.trim() === '') throw invalidInput(name, what, value)
}

/** Tells an object of fields from arrays, null, and everything else. */
export function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
