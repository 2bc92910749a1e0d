import type { ArtifactsDownloadResult } from '@openclaw/gateway-protocol'
import { GatewayError } from '@pincer/protocol'
import { convertError } from '../connection/convert-error.ts'

const call = 'artifacts.bytes'

/**
 * The bytes of a download: those in the answer, or those at its address.
 *
 * @param httpOrigin - Where the Gateway answers HTTP: bytes are fetched from there and nowhere else.
 * @throws GatewayError where there are neither, the address cannot be fetched, or more than `maxBytes` would come.
 */
export async function readArtifactBytes(
  download: ArtifactsDownloadResult,
  httpOrigin: string | undefined,
  limits: { readonly maxBytes: number; readonly signal?: AbortSignal },
): Promise<Uint8Array> {
  const { artifact, data, url } = download
  if (data !== undefined) {
    const bytes = new Uint8Array(Buffer.from(data, 'base64'))
    if (bytes.byteLength > limits.maxBytes) throw tooLarge(artifact.id, limits.maxBytes)
    return bytes
  }
  if (url === undefined) {
    throw new GatewayError(`${call}: the Gateway has no bytes of the artifact "${artifact.id}"`, {
      status: 404,
      gatewayCode: 'artifact_download_unsupported',
    })
  }
  const address = URL.canParse(url, httpOrigin) ? new URL(url, httpOrigin) : undefined
  // An artifact must not make this program ask other servers, which may lie within its own network.
  if (address === undefined || httpOrigin === undefined || address.origin !== new URL(httpOrigin).origin) {
    throw new GatewayError(
      `${call}: the artifact "${artifact.id}" has no address at the Gateway that can be fetched`,
      {
        status: 400,
        gatewayCode: 'artifact_download_unsupported',
      },
    )
  }
  return fetchBytes(address, artifact.id, limits)
}

async function fetchBytes(
  address: URL,
  artifactId: string,
  { maxBytes, signal }: { readonly maxBytes: number; readonly signal?: AbortSignal },
): Promise<Uint8Array> {
  const redirect = 'error'
  const response = await fetch(address, signal === undefined ? { redirect } : { signal, redirect }).catch(
    (error: unknown) => {
      signal?.throwIfAborted()
      // `fetch` hides the reason of the network inside.
      const reason = convertError(error instanceof Error ? (error.cause ?? error) : error, call)
      throw reason.status === undefined
        ? new GatewayError(reason.message, { status: 503, retryable: true, cause: error })
        : reason
    },
  )
  if (!response.ok || response.body === null) {
    await response.body?.cancel()
    throw new GatewayError(
      `${call}: the address of "${artifactId}" answered ${response.status}; ask for it again`,
      {
        status: response.status,
        retryable: response.status >= 500,
      },
    )
  }
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body) {
    size += part.byteLength
    // Leaving the loop cancels the rest.
    if (size > maxBytes) throw tooLarge(artifactId, maxBytes)
    parts.push(part)
  }
  return new Uint8Array(Buffer.concat(parts))
}

function tooLarge(artifactId: string, maxBytes: number): GatewayError {
  return new GatewayError(`${call}: "${artifactId}" is larger than ${maxBytes} bytes; raise \`maxBytes\``, {
    status: 413,
    gatewayCode: 'artifact_too_large',
  })
}
