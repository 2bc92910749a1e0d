import { convertUint8ArrayToBase64 } from '@ai-sdk/provider-utils'
import type { ClawEventOf, Gateway } from '@pincer/protocol'

import { toArtifactPart } from './stream-artifacts.ts'
import { MetadataMaker } from './stream-metadata.ts'
import type { ClawUIChunk } from './ui-step-writer.ts'

/** How artifacts become parts of a message. */
export interface UIArtifactOptions {
  /** The gateway that keeps their bytes; without one, they are shown by their name. */
  readonly gateway: Gateway | undefined
  readonly sendSources: boolean
  /** Most bytes of a file that goes into the message. */
  readonly maxFileBytes: number
  readonly signal: AbortSignal
}

const noGateway: Gateway = { name: 'none', close: async () => {} }

/** The part that shows an artifact: a file with its bytes, or a source; `undefined` where sources are not sent. */
export async function toUIArtifact(
  event: ClawEventOf<'artifact.created'>,
  { gateway = noGateway, sendSources, maxFileBytes, signal }: UIArtifactOptions,
): Promise<ClawUIChunk | undefined> {
  const part = await toArtifactPart(event, new MetadataMaker(event.runId ?? '', undefined), {
    gateway,
    maxFileBytes,
    signal,
  })
  const metadata = part.providerMetadata !== undefined && { providerMetadata: part.providerMetadata }
  if (part.type === 'source') {
    if (!sendSources) return undefined
    const { id: sourceId, title } = part
    return part.sourceType === 'url'
      ? { type: 'source-url', sourceId, url: part.url, ...(title !== undefined && { title }), ...metadata }
      : {
          type: 'source-document',
          sourceId,
          mediaType: part.mediaType,
          title: part.title,
          ...(part.filename !== undefined && { filename: part.filename }),
          ...metadata,
        }
  }
  if (part.data.type !== 'data') return undefined
  const { data } = part.data
  const text = typeof data === 'string' ? data : convertUint8ArrayToBase64(data)
  // The page makes an address of it.
  const mediaType = /^[\w.+-]+\/[\w.+-]+$/.test(part.mediaType) ? part.mediaType : 'application/octet-stream'
  return { type: 'file', mediaType, url: `data:${mediaType};base64,${text}`, ...metadata }
}
