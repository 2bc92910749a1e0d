import type { ClawEvent } from '@pincer/protocol'
import { normalizeAll, readFrames, runIdsOf } from './events-frames.ts'
import { sequenceOf } from './events-invariants.ts'

/** One run of a recorded connection. */
export interface Place {
  readonly file: string
  readonly conn?: number
  /** Which of the runs that the frames tell of, from 0. */
  readonly run: number
}

/** Every event of the sequence of one recorded run, but for the changes of its task. */
export function listRun({ file, conn, run }: Place): readonly string[] {
  const events = normalizeAll(readFrames(file, conn))
  const ofRun = sequenceOf(events, runIdsOf(events)[run] ?? '')
  return ofRun.filter((event) => event.type !== 'task.updated').map(describeEvent)
}

/** One line for one event: what a reader of a test needs to see of it. */
export function describeEvent(event: ClawEvent): string {
  const { data, type } = event
  switch (event.type) {
    case 'raw': {
      const phase = phaseOf(event.data.payload)
      return `raw ${event.data.name}${phase === undefined ? '' : ` ${phase}`}`
    }
    case 'assistant.delta':
    case 'thinking.delta': {
      const { delta, itemId, replace } = event.data
      const item = itemId === undefined ? '' : ` ${itemId.slice(itemId.indexOf(':'))}`
      return `${type}${item}${replace === true ? ' replace' : ''} ${JSON.stringify(delta)}`
    }
    case 'assistant.message':
      return `${type} ${JSON.stringify(event.data.text)}`
    case 'tool.call.started':
      return `${type} ${event.data.name} ${JSON.stringify(event.data.input)}`
    case 'tool.call.delta':
      return `${type} ${JSON.stringify(event.data.delta ?? textOf(event.data.output))}`
    case 'tool.call.completed':
      return `${type} ${event.data.outcome} ${event.data.durationMs} ${JSON.stringify(textOf(event.data.output))}`
    case 'tool.call.failed':
      return `${type} ${event.data.outcome} ${event.data.durationMs} ${event.data.error.message}`
    case 'approval.requested':
      return `${type} ${event.data.name} ${JSON.stringify(event.data.input)}`
    case 'approval.resolved':
      return [type, event.data.status, event.data.decidedBy, event.data.reason].filter(Boolean).join(' ')
    case 'task.updated':
      return `${type} ${event.data.status}`
    default:
      return Object.keys(data).length === 0 ? type : `${type} ${JSON.stringify(data)}`
  }
}

function phaseOf(payload: unknown): string | undefined {
  return typeof payload === 'object' && payload !== null && 'phase' in payload
    ? String(payload.phase)
    : undefined
}

function textOf(output: unknown): unknown {
  if (typeof output !== 'object' || output === null || !('content' in output)) return output
  return Array.isArray(output.content) ? (output.content[0] as { readonly text?: string }).text : output
}
