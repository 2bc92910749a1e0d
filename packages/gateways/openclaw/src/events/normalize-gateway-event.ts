import type { ClawEvent, GatewayEvent } from '@pincer/protocol'
import { createNormalizer } from './normalizer.ts'
import { parseCount, parseFields, parseJson, parseText } from './parse-fields.ts'

/**
 * Turns one frame of the Gateway into the event it stands for; `raw` where there is none.
 *
 * It sees this frame alone: a tool call reported by three families of frames comes out three times, and events have no `seq`.
 * `oc.events()` and `run.events()` tell the same things once, in order and whole.
 *
 * @example
 * for await (const frame of oc.rawEvents()) {
 *   const event = normalizeGatewayEvent(frame)
 *   if (event.type === 'assistant.delta') process.stdout.write(event.data.delta)
 * }
 */
export function normalizeGatewayEvent(event: GatewayEvent): ClawEvent {
  let found: ClawEvent | undefined
  const normalizer = createNormalizer((told) => {
    found = told
  })
  normalizer.normalize(event)
  normalizer.settle()
  const payload = parseFields(event.payload)
  const data = parseFields(payload['data'])
  const stream = parseText(payload['stream'])
  // Frames that say nothing by themselves still begin their run.
  const isBegin = event.event === 'agent' && stream === 'lifecycle' && data['phase'] === 'start'
  const name =
    stream === undefined || stream === 'run_status' ? (stream ?? event.event) : `${event.event}/${stream}`
  const content = parseJson(stream === undefined ? event.payload : payload['data'])
  const { seq: _, ...alone } = found ?? besideOf(event)
  const seq = parseCount(payload['seq']) ?? event.seq ?? 'local'
  const id = [event.event, stream, alone.runId, alone.sessionKey, seq, alone.ts]
    .filter((part) => part !== undefined)
    .join(':')
  if (found === undefined || (found.type === 'run.started' && !isBegin))
    return {
      ...alone,
      id,
      type: 'raw',
      data: { name, ...(content === undefined ? {} : { payload: content }) },
    }
  return { ...alone, id }
}

function besideOf(event: GatewayEvent): ClawEvent {
  return { version: 1, id: '', ts: Date.now(), type: 'raw', data: { name: String(event.event) }, raw: event }
}
