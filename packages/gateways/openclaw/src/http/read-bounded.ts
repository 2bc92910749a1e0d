/** Reads a body that is expected to be small; `undefined` where it is larger than `limit` bytes, of which no more is read. */
export async function readBounded(
  body: AsyncIterable<Uint8Array | string>,
  limit: number,
): Promise<string | undefined> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of body) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part
    size += bytes.byteLength
    // Leaving the loop breaks the rest off.
    if (size > limit) return undefined
    parts.push(bytes)
  }
  return Buffer.concat(parts).toString('utf8')
}
