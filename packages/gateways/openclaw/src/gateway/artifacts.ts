import { type Artifact, type Artifacts, GatewayError } from '@pincer/protocol'
import type { OpenClaw } from '../openclaw.ts'
import { createBoundedMap } from './bounded-map.ts'
import type { Calls } from './calls.ts'
import { isNotFound } from './gateway-errors.ts'
import { parseArtifact } from './parse-artifact.ts'

/** Where an artifact was found: the Gateway gives none by its id alone. */
interface Place {
  readonly sessionKey?: string
  readonly runId?: string
}

const rememberedPlaces = 10_000

/**
 * Files and images in the transcripts of the Gateway.
 *
 * The Gateway finds an artifact only within its session or run, so that `get` and `download` know the ones that were listed before.
 */
export function createArtifacts(calls: Calls, client: Pick<OpenClaw, 'artifacts'>): Artifacts {
  const places = createBoundedMap<Place>(rememberedPlaces)

  function remember(artifact: Artifact, place: Place): Artifact {
    const { sessionKey = artifact.sessionKey, runId = artifact.runId } = place
    places.set(artifact.artifactId, {
      ...(sessionKey === undefined ? {} : { sessionKey }),
      ...(sessionKey !== undefined || runId === undefined ? {} : { runId }),
    })
    return artifact
  }

  return {
    async list({ sessionKey, runId, signal }) {
      calls.check(signal)
      if (sessionKey === undefined && runId === undefined) {
        throw new GatewayError(
          'artifacts.list: expected `sessionKey` or `runId`; OpenClaw lists none without',
          {
            status: 400,
            gatewayCode: 'artifact_query_unsupported',
          },
        )
      }
      const place = {
        ...(sessionKey === undefined ? {} : { sessionKey }),
        ...(runId === undefined ? {} : { runId }),
      }
      const { artifacts } = await client.artifacts.list(place, { signal: calls.until(signal) })
      return artifacts.flatMap((row) => {
        const artifact = parseArtifact(row)
        return artifact === undefined ? [] : [remember(artifact, place)]
      })
    },

    async get(artifactId, { signal } = {}) {
      calls.check(signal)
      const place = places.get(artifactId)
      if (place === undefined) return undefined
      try {
        const { artifact } = await client.artifacts.get(artifactId, place, { signal: calls.until(signal) })
        return parseArtifact(artifact)
      } catch (error) {
        if (isNotFound(error)) return undefined
        throw error
      }
    },

    async download(artifactId, { signal } = {}) {
      calls.check(signal)
      const place = places.get(artifactId)
      if (place === undefined) {
        throw new GatewayError(
          `there is no artifact ${JSON.stringify(artifactId)} among those listed; list those of its run or session first`,
          { status: 404, gatewayCode: 'artifact_not_found' },
        )
      }
      return await client.artifacts.bytes(artifactId, place, { signal: calls.until(signal) })
    },
  }
}
