import type { ArtifactData, GatewayEvent } from '@pincer/protocol'
import type { NormalizerState } from './normalizer-state.ts'
import { findRun } from './open-run.ts'
import { type Fields, parseCount, parseFields, parseId, parseText } from './parse-fields.ts'
import type { RunState } from './run-state.ts'

const maxNameLength = 1000

/** Reads a frame of the stream `patch`: the files that one tool call has changed. */
export function convertPatch(
  state: NormalizerState,
  run: RunState,
  data: Fields,
  frame: GatewayEvent,
  ts: number,
): boolean {
  const artifactId = parseId(data['itemId'])
  if (artifactId === undefined) return false
  const files = [data['added'], data['modified'], data['deleted']].flatMap(filesOf)
  const name = (files.length === 0 ? parseText(data['summary']) : files.join(', '))?.slice(0, maxNameLength)
  state.teller.inRun(
    run,
    'artifact.updated',
    name === undefined ? { artifactId } : { artifactId, name },
    frame,
    ts,
    parseId(data['toolCallId']),
  )
  return true
}

function filesOf(value: unknown): readonly string[] {
  return Array.isArray(value)
    ? value.slice(0, 50).filter((file): file is string => typeof file === 'string')
    : []
}

/** Reads an event `artifact.created` or `artifact.updated`; returns false where it names no artifact. */
export function convertArtifactFrame(
  state: NormalizerState,
  payload: Fields,
  frame: GatewayEvent,
  ts: number,
): boolean {
  const artifact = payload['artifact'] === undefined ? payload : parseFields(payload['artifact'])
  const artifactId = parseId(artifact['id']) ?? parseId(artifact['artifactId'])
  if (artifactId === undefined) return false
  const name = parseText(artifact['title']) ?? parseText(artifact['name'])
  const mediaType = parseText(artifact['mimeType'])
  const bytes = parseCount(artifact['sizeBytes'])
  const data: ArtifactData = {
    artifactId,
    ...(name === undefined ? {} : { name: name.slice(0, maxNameLength) }),
    ...(mediaType === undefined ? {} : { mediaType }),
    ...(bytes === undefined ? {} : { bytes }),
  }
  const type = frame.event === 'artifact.created' ? 'artifact.created' : 'artifact.updated'
  const runId = parseId(artifact['runId']) ?? parseId(payload['runId'])
  const run = findRun(state, runId)
  if (run?.started !== undefined) state.teller.inRun(run, type, data, frame, ts)
  else state.teller.beside(type, data, frame, { ts, runId, sessionKey: parseId(artifact['sessionKey']) })
  return true
}
