import type { ArtifactsDownloadParams } from '@openclaw/gateway-protocol'

/** What `artifacts.download` takes. */
export type ArtifactDownloadParams = ArtifactsDownloadParams & {
  /** `http` asks for an address to fetch instead of the bytes. */
  readonly transport?: 'http'
}
