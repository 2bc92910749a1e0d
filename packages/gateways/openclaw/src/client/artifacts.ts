import type {
  ArtifactsDownloadResult,
  ArtifactsGetResult,
  ArtifactsListResult,
} from '@openclaw/gateway-protocol'
import { artifactMethods } from '../methods/artifact-methods.ts'
import { bindMethods } from '../methods/bind-methods.ts'
import type { GatewayRequestOptions } from '../transport/transport.ts'
import { readArtifactBytes } from './artifact-bytes.ts'
import { createArtifactScope, type ArtifactQuery } from './artifact-scope.ts'
import { checkText } from '../check-param.ts'
import type { ClientParts } from './client-parts.ts'

const defaultMaxBytes = 64 * 1024 * 1024

/** Where an artifact is, and how it is wanted. */
export type ArtifactDownloadQuery = ArtifactQuery & {
  /** `http` gives an address of the Gateway, good for five minutes, instead of the bytes. */
  readonly transport?: 'http'
}

/** Files and images that runs left in transcripts. */
export interface OpenClawArtifacts {
  /**
   * The artifacts of a session, a run or a task, without their bytes.
   *
   * @throws GatewayError 400 where neither `sessionKey`, `runId` nor `taskId` is given.
   */
  list(query: ArtifactQuery, options?: GatewayRequestOptions): Promise<ArtifactsListResult>
  /** One artifact, without its bytes. */
  get(artifactId: string, query: ArtifactQuery, options?: GatewayRequestOptions): Promise<ArtifactsGetResult>
  /** As base64 in `data`, or as an address in `url`. */
  download(
    artifactId: string,
    query: ArtifactDownloadQuery,
    options?: GatewayRequestOptions,
  ): Promise<ArtifactsDownloadResult>
  /**
   * The bytes themselves, whichever way the Gateway gives them; `transport: 'http'` keeps large ones off the WebSocket.
   *
   * @throws GatewayError 413 above `maxBytes` (64 MiB when absent).
   */
  bytes(
    artifactId: string,
    query: ArtifactDownloadQuery & { readonly maxBytes?: number },
    options?: GatewayRequestOptions,
  ): Promise<Uint8Array>
}

/** Makes the `oc.artifacts` surface. */
export function createArtifacts(parts: ClientParts): OpenClawArtifacts {
  const calls = bindMethods(artifactMethods, parts.connection)
  const scope = createArtifactScope(parts)

  async function find(
    call: string,
    artifactId: string,
    query: ArtifactDownloadQuery,
  ): Promise<ArtifactDownloadQuery & { readonly artifactId: string }> {
    checkText(`${call}: id`, artifactId, 'the id of an artifact')
    const transport = query?.transport === undefined ? {} : { transport: query.transport }
    return { ...(await scope(call, query)), ...transport, artifactId }
  }

  return {
    list: async (query, options) => calls.list(await scope('artifacts.list', query), options),
    get: async (id, query, options) => calls.get(await find('artifacts.get', id, query), options),
    download: async (id, query, options) =>
      calls.download(await find('artifacts.download', id, query), options),
    async bytes(id, query, options) {
      const { maxBytes = defaultMaxBytes } = query ?? {}
      const found = await find('artifacts.bytes', id, query)
      const origin = parts.httpOrigin()
      // An address of a Gateway that is reached in another way cannot be fetched.
      const { transport, ...plain } = found
      const asked = origin === undefined || transport === undefined ? plain : found
      const signal = options?.signal
      return readArtifactBytes(await calls.download(asked, options), origin, {
        maxBytes,
        ...(signal === undefined ? {} : { signal }),
      })
    },
  }
}
