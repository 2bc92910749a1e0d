import type { GatewayEvent } from '@pincer/protocol'
import type { BacklogPolicy } from './backlog.ts'
import { estimateBytes } from './estimate-bytes.ts'
import { parseFields } from './parse-fields.ts'
import { shortenedName } from './shorten-events.ts'

const frameBytes = 200

/** Keeps the Gateway's frames within a bound: pieces of text go first, then the oldest; a frame of our own counts them. */
export const framePolicy: BacklogPolicy<GatewayEvent> = {
  sizeOf: (frame) => frameBytes + estimateBytes(frame.payload),
  shorten(frames, target) {
    let count = frames.length
    let bytes = 0
    for (const frame of frames) bytes += framePolicy.sizeOf(frame)
    const dropped = new Set<GatewayEvent>()
    let total = 0
    for (const isLast of [false, true]) {
      for (const frame of frames) {
        if ((count <= target.items && bytes <= target.bytes) || frame === frames.at(-1)) break
        if (dropped.has(frame) || (!isLast && !isRepeated(frame))) continue
        dropped.add(frame)
        count -= 1
        bytes -= framePolicy.sizeOf(frame)
        total += frame.event === shortenedName ? Number(parseFields(frame.payload)['dropped']) : 1
      }
    }
    if (dropped.size === 0) return frames
    const kept = frames.filter((frame) => !dropped.has(frame))
    return [{ event: shortenedName, payload: { dropped: total } }, ...kept]
  },
}

// Texts come whole again with every piece, and at the end.
function isRepeated(frame: GatewayEvent): boolean {
  const payload = parseFields(frame.payload)
  return (
    frame.event === shortenedName ||
    frame.event === 'tick' ||
    frame.event === 'health' ||
    (frame.event === 'chat' && payload['state'] === 'delta') ||
    (frame.event === 'agent' && (payload['stream'] === 'assistant' || payload['stream'] === 'thinking'))
  )
}
