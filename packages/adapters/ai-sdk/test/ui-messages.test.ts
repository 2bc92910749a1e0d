import type { SessionMessage } from '@pincer/protocol'
import { validateUIMessages } from 'ai'
import { describe, expect, it } from 'vitest'

import { toUIMessages } from '../src/ui-messages.ts'
import { partsOf } from './ui-fixture.ts'

const history: readonly SessionMessage[] = [
  { role: 'user', text: 'Look up order 7', runId: 'run_1' },
  {
    role: 'assistant',
    text: 'I look.',
    toolCalls: [{ toolCallId: 'c1', name: 'look', input: { of: 7 } }],
    runId: 'run_1',
  },
  { role: 'tool', toolCallId: 'c1', output: { status: 'lost' }, runId: 'run_1' },
  { role: 'assistant', text: 'It is lost.', runId: 'run_1' },
  { role: 'user', text: 'And 8?', runId: 'run_2' },
  {
    role: 'assistant',
    toolCalls: [
      { toolCallId: 'c2', name: 'look', input: null },
      { toolCallId: 'c3', name: 'look', input: {} },
    ],
    runId: 'run_2',
  },
  { role: 'tool', toolCallId: 'c2', output: { error: 'no paper' }, runId: 'run_2' },
]

describe('the history of a session', () => {
  it('is a message for each question and each answer', async () => {
    const messages = toUIMessages(history)
    expect(messages.map(({ id, role }) => [id, role])).toEqual([
      ['run_1.user.0', 'user'],
      ['run_1', 'assistant'],
      ['run_2.user.4', 'user'],
      ['run_2', 'assistant'],
    ])
    expect(partsOf(messages[1])).toMatchObject([
      { type: 'text', text: 'I look.' },
      { type: 'dynamic-tool', toolCallId: 'c1', state: 'output-available', output: { status: 'lost' } },
      { type: 'text', text: 'It is lost.' },
    ])
    expect(messages[1]?.parts.filter(({ type }) => type === 'step-start').length).toBe(2)
    expect(partsOf(messages[3])).toMatchObject([
      { state: 'output-error', errorText: 'no paper' },
      { state: 'input-available', toolCallId: 'c3' },
    ])
    await validateUIMessages({ messages: JSON.parse(JSON.stringify(messages)) })
  })

  it('leaves no call at work that the session has gone on without', () => {
    const next: SessionMessage = { role: 'user', text: 'Never mind', runId: 'run_3' }
    expect(partsOf(toUIMessages([...history, next])[3])).toMatchObject([
      { state: 'output-error', errorText: 'no paper' },
      { state: 'output-error', toolCallId: 'c3', errorText: 'The run ended before the tool call did.' },
    ])
    // What is said to the run while it is at work does not end it.
    const steering: SessionMessage = { role: 'user', text: 'Hurry', runId: 'run_2' }
    expect(partsOf(toUIMessages([...history, steering])[3])).toMatchObject([
      { state: 'output-error' },
      { state: 'input-available', toolCallId: 'c3' },
    ])
  })

  it('keeps ids apart where the gateway names no runs', () => {
    const bare = history.map((message) => {
      const copy: { runId?: string } & SessionMessage = { ...message }
      delete copy.runId
      return copy
    })
    const ids = toUIMessages([...bare, ...bare]).map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(toUIMessages([])).toEqual([])
  })
})
