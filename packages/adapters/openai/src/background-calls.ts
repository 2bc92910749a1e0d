import type { ModelCall } from '@pincer/core'
import type { AnswerReader, CallWatch, TextTaker } from '@pincer/core/wrapping'

import type { Wrapping } from './wrapping.ts'

const maxCalls = 1_000

/**
 * A reader of a response that the provider goes on with when the connection ends: its call stays open until a `retrieve`
 * shows its end; where nobody asks, it stays unread.
 */
export function followedInBackground(
  reader: AnswerReader<TextTaker>,
  wrapping: Wrapping,
  watch: CallWatch,
): AnswerReader<TextTaker> {
  const calls = (wrapping.background ??= new Map())
  let collected = false

  function keep(call: ModelCall, responseId: string): void {
    call.awaitReader()
    calls.set(responseId, watch)
    // The oldest is let go where there are too many, and ends by time.
    if (calls.size > maxCalls) calls.delete(calls.keys().next().value)
  }

  return {
    read(value) {
      const answer = reader.read(value)
      const { responseId, finished } = answer
      if (responseId === undefined) return answer
      if (!finished) return { ...answer, settle: (call) => keep(call, responseId) }
      calls.delete(responseId)
      return answer
    },
    collect(taker) {
      const touch = (): void => taker.touch()
      // A stream that follows another one tells its text again.
      const collector = reader.collect(collected ? { delta: touch, thinking: touch, touch } : taker)
      collected = true
      return collector
    },
  }
}
