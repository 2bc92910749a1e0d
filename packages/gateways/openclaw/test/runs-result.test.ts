import { expect, test } from 'vitest'
import { convertRunError } from '../src/events/convert-run-error.ts'
import { convertFinalAnswer, convertWaitAnswer } from '../src/runs/convert-run-result.ts'
import { answersTo } from './runs-transport.ts'

// What the Gateway was doing in each captured wait, in order.
const captured: readonly (readonly [string, readonly string[]])[] = [
  ['agent-run-text', ['completed']],
  ['agent-run-length', ['completed']],
  ['agent-run-cancel', ['cancelled', 'cancelled', 'cancelled']],
  ['agent-run-error', ['says nothing', 'failed', 'failed']],
  ['agent-wait-not-finished', ['says nothing', 'says nothing', 'says nothing', 'completed', 'completed']],
  ['agent-disconnect', ['completed']],
  ['agent-run-idempotent', ['completed']],
  ['b-run-error-401', ['failed']],
  ['environments-tasks', ['cancelled']],
  ['errors', ['says nothing']],
  ['reconnect-sigkill', ['completed', 'says nothing', 'says nothing']],
  ['sessions-send-expectfinal', ['completed']],
]

test.each(captured)('reads every captured wait of %s', (fixture, expected) => {
  const found = answersTo(fixture, 'agent.wait').map(
    ({ payload }) => convertWaitAnswer(payload)?.status ?? 'says nothing',
  )
  expect(found).toEqual(expected)
})

test('keeps the stop reason of a run that hit its output limit', () => {
  const [wait] = answersTo('agent-run-length', 'agent.wait')
  expect(convertWaitAnswer(wait?.payload)).toMatchObject({
    status: 'completed',
    stopReason: 'length',
    text: 'cut off here',
    startedAt: 1795174833595,
    endedAt: 1795174833782,
  })
})

// As the Gateway answered for a run with `timeout: 2`.
const runTimeout = {
  runId: 'r',
  status: 'timeout',
  startedAt: 1795188215627,
  endedAt: 1795188217797,
  error: 'Request timed out before a response was generated. Please try again.',
  livenessState: 'paused',
  timeoutPhase: 'provider',
  terminalReply: { disposition: 'visible', text: 'w0 w1' },
}

test.each([
  ['a run timeout', runTimeout, 'timed_out'],
  ['a timeout that tells its end alone', { status: 'timeout', endedAt: 5 }, 'timed_out'],
  ['a timeout that tells an error alone', { status: 'timeout', error: 'late' }, 'timed_out'],
  ['a timeout that tells a state alone', { status: 'timeout', livenessState: 'paused' }, 'timed_out'],
  ['a stop by rpc', { status: 'error', stopReason: 'rpc', endedAt: 5 }, 'cancelled'],
  ['a stop by rpc that is called a timeout', { status: 'timeout', stopReason: 'rpc' }, 'cancelled'],
  [
    'an aborted run',
    { status: 'error', stopReason: 'aborted', error: 'This operation was aborted' },
    'cancelled',
  ],
  ['a run stopped in a chat', { status: 'error', stopReason: 'stop' }, 'cancelled'],
  ['a status of its own for cancelled', { status: 'cancelled' }, 'cancelled'],
  ['a failure', { status: 'error', error: 'no' }, 'failed'],
  ['a failure with a reason', { status: 'error', stopReason: 'error' }, 'failed'],
  ['an answer that nobody knows', { method: 'agent.wait' }, 'failed'],
  ['nothing', undefined, 'failed'],
])('takes %s for what it is', (_name, payload, status) => {
  expect(convertWaitAnswer(payload)?.status).toBe(status)
})

test('says nothing for a bare timeout', () => {
  expect(convertWaitAnswer({ runId: 'r', status: 'timeout' })).toBeUndefined()
})

test('tells the error of a failure without the sign in front, with the status that it names', () => {
  const [wait] = answersTo('b-run-error-401', 'agent.wait')
  expect(convertWaitAnswer(wait?.payload)?.error).toEqual({
    message:
      'flaky/f-1 request failed (authentication failed, HTTP 401). Re-authenticate the provider and try again.',
    status: 401,
  })
})

test('has a message where the Gateway gives none', () => {
  expect(convertRunError(undefined, 'auth')).toEqual({
    message: 'the run failed; the Gateway told no reason',
    code: 'auth',
  })
  expect(convertRunError('1 of 2 failed').message).toBe('1 of 2 failed')
})

test('reads usage, text and stop reason of a second answer, and none of a first one', () => {
  const [first, ...more] = answersTo('agent-run-text-expectfinal', 'agent')
  expect(convertFinalAnswer(first?.payload)).toBeUndefined()
  expect(convertFinalAnswer(more.at(-1)?.payload)).toEqual({
    text: 'two response frames',
    stopReason: 'stop',
    usage: {
      provider: 'fake',
      model: 'fake-1',
      inputTokens: 7490,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      outputTokens: 3,
      reasoningTokens: 0,
      totalTokens: 7493,
      costUsd: 0.007496,
    },
  })
})
