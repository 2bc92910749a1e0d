import { isTerminalEvent } from '@pincer/protocol'
import { describe, expect, test } from 'vitest'
import { normalizeAll, readAllRecordings, runIdsOf } from './events-frames.ts'
import { expectWellFormed, sequenceOf, textsOf } from './events-invariants.ts'

const recordings = readAllRecordings()

describe('every recorded connection', () => {
  test.each(recordings.map((recording) => [`${recording.file} ${recording.conn}`, recording] as const))(
    '%s',
    (_, { frames, answers }) => {
      const events = normalizeAll(frames)
      expectWellFormed(events)
      // A replay gives the same.
      expect(normalizeAll(frames)).toEqual(events)
      for (const runId of runIdsOf(events)) {
        const ofRun = sequenceOf(events, runId)
        const final = frames.findLast(
          ({ event, payload }) =>
            event === 'chat' && isOf(payload, runId, 'final') && payload.message !== undefined,
        )?.payload as
          | { readonly message: { readonly content: readonly { readonly text: string }[] } }
          | undefined
        if (final !== undefined) {
          const told = [...textsOf(ofRun).values()].filter((text) => text !== '').join('\n\n')
          expect(told, `the text of ${runId}`).toBe(final.message.content[0]?.text)
        }
        const end = ofRun.at(-1)
        const answer = answers.find(
          (found) => found['runId'] === runId && found['status'] === 'ok' && 'terminalReply' in found,
        ) as { readonly terminalReply: { readonly text: string } } | undefined
        if (answer !== undefined && end?.type === 'run.completed')
          expect(end.data.output, `the output of ${runId}`).toBe(answer.terminalReply.text)
      }
    },
  )

  test('are enough to show the ends of runs', () => {
    const ends = recordings.flatMap(({ frames }) => normalizeAll(frames).filter(isTerminalEvent))
    const counts = Map.groupBy(ends, (event) => event.type)
    expect(recordings.length).toBeGreaterThan(60)
    expect(counts.get('run.completed')?.length).toBeGreaterThan(45)
    expect(counts.get('run.cancelled')?.length).toBeGreaterThan(8)
    expect(counts.get('run.failed')?.length).toBeGreaterThan(2)
    expect(counts.get('run.timed_out')?.length).toBe(2)
  })
})

function isOf(
  payload: unknown,
  runId: string,
  state: string,
): payload is { readonly runId: string; readonly state: string; readonly message?: object } {
  return (
    typeof payload === 'object' &&
    payload !== null &&
    'runId' in payload &&
    payload.runId === runId &&
    'state' in payload &&
    payload.state === state
  )
}
