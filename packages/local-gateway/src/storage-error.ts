import { GatewayError } from '@pincer/protocol'

/** SQLite's own codes for a file that cannot be used now: busy, locked, read-only, I/O, full, cannot open. */
const codes: ReadonlySet<number> = new Set([5, 6, 8, 10, 13, 14])

/** Makes the error that tells that the database could not take something; `undefined` for every other error. */
export function convertStorageError(error: unknown): GatewayError | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined
  // The low byte is the kind; the others say more about it.
  if (!codes.has(error.errcode & 0xff)) return undefined
  return new GatewayError('the database cannot take this now; nothing was changed', {
    status: 503,
    gatewayCode: 'storage_unavailable',
    retryable: true,
    retryAfterMs: 1_000,
    cause: error,
  })
}
