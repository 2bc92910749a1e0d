import type { ArtifactData, Gateway } from '@pincer/protocol'
import { convertUint8ArrayToBase64 } from '@ai-sdk/provider-utils'

import type { ClawUIChunk } from './ui-step-writer.ts'

/** How artifacts become parts of a message. */
export interface UIArtifactOptions {
  /** The gateway that keeps their bytes; without one, only those with an address are shown. */
  readonly gateway?: Gateway
  readonly sendSources: boolean
  /** Most bytes of a file that goes into the message. */
  readonly maxFileBytes: number
}

const downloadMs = 20_000

/**
 * The part that shows an artifact: a source where it has an address, else a file with its bytes in it.
 *
 * Undefined where it is not to be shown, is too large, or its bytes cannot be had.
 *
 * @throws the signal's reason
 */
export async function convertUIArtifact(
  { artifactId, name, mediaType, bytes, url }: ArtifactData,
  { gateway, sendSources, maxFileBytes }: UIArtifactOptions,
  signal: AbortSignal,
): Promise<ClawUIChunk | undefined> {
  // A page makes a link of it: nothing but an address of the web may stand there.
  if (url !== undefined && /^https?:\/\//i.test(url))
    return sendSources
      ? { type: 'source-url', sourceId: artifactId, url, ...(name !== undefined && { title: name }) }
      : undefined
  const { artifacts } = gateway ?? {}
  if (artifacts === undefined || (bytes ?? 0) > maxFileBytes) return undefined
  const content = await download(artifacts, artifactId, signal)
  if (content === undefined || content.byteLength > maxFileBytes) return undefined
  const type = mediaType !== undefined && /^[\w.+-]+\/[\w.+-]+$/.test(mediaType) ? mediaType : unknownType
  return {
    type: 'file',
    mediaType: type,
    url: `data:${type};base64,${convertUint8ArrayToBase64(content)}`,
    providerMetadata: { pincer: { artifactId, ...(name !== undefined && { name }) } },
  }
}

const unknownType = 'application/octet-stream'

// A file that cannot be had is no reason to lose the answer.
async function download(
  artifacts: NonNullable<Gateway['artifacts']>,
  artifactId: string,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const late = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => late.resolve(undefined), downloadMs)
  const stop = (): void => late.reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([
      artifacts.download(artifactId, { signal }).catch(() => undefined),
      late.promise,
    ])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}
