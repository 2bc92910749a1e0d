/** What `providerMetadata.pincer` tells. */
export interface PincerMetadata {
  readonly runId: string
  readonly sessionKey?: string
  readonly seq?: number
  readonly costUsd?: number
  readonly approvalId?: string
}

/**
 * Reads `providerMetadata.pincer`.
 *
 * @throws Error where there is none, or it names no run.
 */
export function metadataOf(holder: { readonly providerMetadata?: unknown }): PincerMetadata {
  const found: unknown = Object(holder.providerMetadata).pincer
  const metadata = Object(found) as Partial<PincerMetadata>
  if (typeof metadata.runId !== 'string')
    throw new Error(`no run in providerMetadata.pincer: ${JSON.stringify(holder)}`)
  return { ...metadata, runId: metadata.runId }
}
