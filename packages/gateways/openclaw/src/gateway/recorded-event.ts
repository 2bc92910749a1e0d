import type { ClawEvent, ClawEventType } from '@pincer/protocol'
import type { RecordingCounter } from './recording-stats.ts'

const shown: ReadonlySet<ClawEventType> = new Set<ClawEventType>([
  'run.started',
  'run.completed',
  'run.failed',
  'run.cancelled',
  'run.timed_out',
  'model.call.started',
  'model.call.completed',
  'model.call.failed',
  'tool.call.started',
  'tool.call.completed',
  'tool.call.failed',
  'retrieval.started',
  'retrieval.completed',
  'retrieval.failed',
])

const payloads: ReadonlySet<string> = new Set(['input', 'output', 'query', 'documents'])

const deltas: ReadonlySet<ClawEventType> = new Set<ClawEventType>([
  'assistant.delta',
  'thinking.delta',
  'tool.call.delta',
])

/** Whether something of the event is shown in OpenClaw. */
export function isShown(event: ClawEvent): boolean {
  return shown.has(event.type)
}

/** Counts what of an event OpenClaw has no place for. */
export function countLost({ notRecorded }: RecordingCounter, event: ClawEvent): void {
  if (event.type === 'usage.reported') notRecorded.usage++
  else if (deltas.has(event.type)) notRecorded.deltas++
  else if (event.type === 'run.started') notRecorded.inputs += event.data.input === undefined ? 0 : 1
  else if (!isShown(event)) notRecorded.other++
  else if (!event.type.startsWith('run.') && hasPayload(event.data)) notRecorded.payloads++
}

function hasPayload(data: ClawEvent['data']): boolean {
  const fields = Object.entries(data)
  return fields.some(([name, value]) => payloads.has(name) && value !== undefined)
}
