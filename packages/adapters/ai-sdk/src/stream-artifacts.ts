import type { LanguageModelV4File, LanguageModelV4Source } from '@ai-sdk/provider'
import type { ArtifactData, ClawEventOf, Gateway } from '@pincer/protocol'

import type { MetadataMaker } from './stream-metadata.ts'
import { within } from './stream-wait.ts'

const longestDownloadMs = 60_000
const unknownType = 'application/octet-stream'

/** Where the bytes of artifacts come from. */
export interface ArtifactOptions {
  readonly gateway: Gateway
  /** Larger files are not downloaded. */
  readonly maxFileBytes: number
  readonly signal: AbortSignal
}

/**
 * Tells of what the run made: a file with its bytes, or a source with its address.
 *
 * A file that is too large, or that the gateway does not hand out, is told as a source without its bytes.
 */
export async function toArtifactPart(
  event: ClawEventOf<'artifact.created'>,
  metadata: MetadataMaker,
  options: ArtifactOptions,
): Promise<LanguageModelV4File | LanguageModelV4Source> {
  const { artifactId: id, name, mediaType = unknownType, url } = event.data
  const providerMetadata = metadata.of(event, { artifactId: id })
  if (url !== undefined && /^https?:\/\//i.test(url))
    return {
      type: 'source',
      sourceType: 'url',
      id,
      url,
      ...(name !== undefined && { title: name }),
      providerMetadata,
    }
  const data = await download(event.data, options)
  if (data !== undefined) return { type: 'file', mediaType, data: { type: 'data', data }, providerMetadata }
  return {
    type: 'source',
    sourceType: 'document',
    id,
    mediaType,
    title: name ?? id,
    ...(name !== undefined && { filename: name }),
    providerMetadata,
  }
}

async function download(
  { artifactId, bytes = 0 }: ArtifactData,
  { gateway, maxFileBytes, signal }: ArtifactOptions,
): Promise<Uint8Array | undefined> {
  if (gateway.artifacts === undefined || bytes > maxFileBytes) return undefined
  const late = AbortSignal.timeout(longestDownloadMs)
  try {
    const until = AbortSignal.any([signal, late])
    const answer = gateway.artifacts.download(artifactId, { signal: until })
    const data = await within(answer, longestDownloadMs, until)
    return data.byteLength > maxFileBytes ? undefined : data
  } catch {
    // The run made it all the same, and goes on.
    signal.throwIfAborted()
    return undefined
  }
}
