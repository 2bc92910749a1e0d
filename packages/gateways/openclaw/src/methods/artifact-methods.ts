import type {
  ArtifactsDownloadResult,
  ArtifactsGetParams,
  ArtifactsGetResult,
  ArtifactsListParams,
  ArtifactsListResult,
} from '@openclaw/gateway-protocol'
import type { ArtifactDownloadParams } from './artifact-params.ts'
import type { Method } from './method.ts'

/** Files and images in transcripts. */
export const artifactMethods = {
  list: { rpc: 'artifacts.list', scope: 'operator.read' } as Method<
    ArtifactsListParams,
    ArtifactsListResult,
    'artifacts.list'
  >,
  get: { rpc: 'artifacts.get', scope: 'operator.read' } as Method<
    ArtifactsGetParams,
    ArtifactsGetResult,
    'artifacts.get'
  >,
  download: { rpc: 'artifacts.download', scope: 'operator.read' } as Method<
    ArtifactDownloadParams,
    ArtifactsDownloadResult,
    'artifacts.download'
  >,
}
