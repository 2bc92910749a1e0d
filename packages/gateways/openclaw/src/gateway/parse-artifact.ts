import type { Artifact } from '@pincer/protocol'

/** Reads a row of `artifacts.list`; `undefined` for what has no id. */
export function parseArtifact(row: any): Artifact | undefined {
  if (typeof row?.id !== 'string' || row.id === '') return undefined
  return {
    artifactId: row.id,
    ...(typeof row.title === 'string' ? { name: row.title } : {}),
    ...(typeof row.mimeType === 'string' ? { mediaType: row.mimeType } : {}),
    ...(typeof row.sizeBytes === 'number' ? { bytes: row.sizeBytes } : {}),
    ...(typeof row.runId === 'string' ? { runId: row.runId } : {}),
    ...(typeof row.sessionKey === 'string' ? { sessionKey: row.sessionKey } : {}),
  }
}
