import type { GatewayEvent } from '@pincer/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { normalizeAll, readFrames } from './events-frames.ts'
import { expectWellFormed } from './events-invariants.ts'

const sources = [
  readFrames('agent-run-text.jsonl'),
  readFrames('agent-run-tool.jsonl'),
  readFrames('agent-run-exec.jsonl'),
  readFrames('agent-run-no-tool-cap.jsonl'),
  readFrames('b-run-exec-approval.jsonl', 1),
  readFrames('b-run-exec-approval.jsonl', 2),
  readFrames('events-abort-approval.jsonl', 8),
  readFrames('events-abort-exec.jsonl', 7),
  readFrames('events-abort-early.jsonl'),
  readFrames('events-say-tool.jsonl', 2),
  readFrames('events-send-timeout.jsonl'),
  readFrames('events-steered.jsonl'),
  readFrames('chat-send.jsonl'),
]

/** A part of what one connection received, some frames of it several times. */
const part = fc
  .record({
    source: fc.constantFrom(...sources),
    from: fc.nat({ max: 30 }),
    length: fc.integer({ min: 1, max: 60 }),
    repeats: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 8, maxLength: 8 }),
  })
  .map(({ source, from, length, repeats }) =>
    source
      .slice(from, from + length)
      .flatMap((frame, index) => Array.from({ length: repeats[index % repeats.length] ?? 1 }, () => frame)),
  )

/** Several parts whose frames come in turns. */
const mixture = fc
  .record({
    parts: fc.array(part, { minLength: 1, maxLength: 4 }),
    turns: fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 200 }),
  })
  .map(({ parts, turns }) => {
    const rests = parts.map((frames) => [...frames])
    const mixed: GatewayEvent[] = []
    for (let index = 0; rests.some((rest) => rest.length > 0); index += 1) {
      const turn = (turns[index % turns.length] ?? 0) % rests.length
      const rest = rests[turn]?.length ? rests[turn] : rests.find((other) => other.length > 0)
      const frame = rest?.shift()
      if (frame !== undefined) mixed.push(frame)
    }
    return mixed
  })

describe('whatever becomes of recorded frames, runs stay well formed', () => {
  test('in turns, cut, and repeated', () => {
    fc.assert(
      fc.property(mixture, (frames) => {
        const events = normalizeAll(frames)
        expectWellFormed(events)
        expect(normalizeAll(frames)).toEqual(events)
      }),
      { numRuns: 150 },
    )
  })

  test('in any order', () => {
    const frames = sources.slice(0, 9).flatMap((source) => source.filter(({ event }) => event !== 'task'))
    fc.assert(
      fc.property(fc.shuffledSubarray(frames, { minLength: 20 }), (shuffled) => {
        expectWellFormed(normalizeAll(shuffled))
      }),
      { numRuns: 60 },
    )
  })
})
