import { GatewayError } from '@pincer/protocol'

/** Makes an opaque cursor of where a page ended. */
export function writeCursor(parts: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

/**
 * Reads a cursor of {@link writeCursor} that holds values of the given kinds.
 *
 * @throws GatewayError with `gatewayCode: 'invalid_cursor'`.
 */
export function readCursor(
  cursor: string,
  kinds: readonly ('string' | 'number')[],
): readonly (string | number)[] {
  let parts: unknown
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    parts = undefined
  }
  if (
    Array.isArray(parts) &&
    parts.length === kinds.length &&
    kinds.every((kind, at) => typeof parts[at] === kind)
  ) {
    return parts
  }
  throw new GatewayError('the cursor is not one of this listing; leave it out to begin with the first page', {
    status: 400,
    gatewayCode: 'invalid_cursor',
  })
}
