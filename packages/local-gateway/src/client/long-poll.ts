import { createOutage } from './outage.ts'

/** A question that is asked again until its answer is final. */
export interface LongPoll<Answer> {
  /** Asks once; the gateway holds its answer back for at most `pollMs` milliseconds. */
  readonly ask: (pollMs: number) => Promise<Answer>
  readonly isFinal: (answer: Answer) => boolean
  /** Milliseconds after which the answer counts as it stands; for ever where absent. */
  readonly timeoutMs: number | undefined
  readonly signal: AbortSignal | undefined
}

const onePollMs = 25_000
const outageLimitMs = 60_000

/**
 * Asks until the answer is final or the time is over; sits out outages of up to a minute.
 *
 * @throws GatewayError; the signal's reason.
 */
export async function longPoll<Answer>({
  ask,
  isFinal,
  timeoutMs,
  signal,
}: LongPoll<Answer>): Promise<Answer> {
  const end = timeoutMs === undefined ? Infinity : performance.now() + timeoutMs
  const outage = createOutage(Math.min(outageLimitMs, timeoutMs ?? outageLimitMs))
  for (;;) {
    signal?.throwIfAborted()
    const leftMs = Math.max(0, end - performance.now())
    try {
      const answer = await ask(Math.ceil(Math.min(onePollMs, leftMs)))
      outage.over()
      if (isFinal(answer) || performance.now() >= end) return answer
    } catch (error) {
      await outage.sitOut(error, signal)
    }
  }
}
