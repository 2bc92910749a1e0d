import type { ClawEventType, GatewayEvent } from '@pincer/protocol'
import { parseEvent } from '@pincer/protocol'
import { describe, expect, test } from 'vitest'
import { normalizeGatewayEvent } from '../src/events/normalize-gateway-event.ts'
import { agentFrame, readAllRecordings, readFrames } from './events-frames.ts'

const agent = (stream: string, data: object): GatewayEvent => agentFrame('run-1', stream, data)
const tool = { kind: 'tool', toolCallId: 'call-1', name: 'exec' }

/** The table of the App SDK document, one row after the other, with one frame or more for each. */
const rows: readonly (readonly [ClawEventType, string, GatewayEvent])[] = [
  ['run.started', 'agent lifecycle start', agent('lifecycle', { phase: 'start', startedAt: 1 })],
  ['run.completed', 'agent lifecycle end', agent('lifecycle', { phase: 'end', stopReason: 'stop' })],
  ['run.failed', 'agent lifecycle error', agent('lifecycle', { phase: 'error', error: 'no' })],
  ['run.cancelled', 'aborted lifecycle end', agent('lifecycle', { phase: 'end', aborted: true })],
  ['run.cancelled', 'cancelled lifecycle end', agent('lifecycle', { phase: 'end', status: 'cancelled' })],
  ['run.cancelled', 'lifecycle end by rpc', agent('lifecycle', { phase: 'end', stopReason: 'rpc' })],
  [
    'run.cancelled',
    'lifecycle error after an abort',
    agent('lifecycle', { phase: 'error', stopReason: 'aborted' }),
  ],
  ['run.timed_out', 'timeout lifecycle end', agent('lifecycle', { phase: 'end', timeoutPhase: 'provider' })],
  [
    'run.timed_out',
    'timeout lifecycle error',
    agent('lifecycle', { phase: 'error', timeoutPhase: 'preflight' }),
  ],
  [
    'assistant.delta',
    'assistant streaming delta',
    agent('assistant', { text: 'a', delta: 'a', itemId: 'i:1' }),
  ],
  ['assistant.message', 'assistant message', messageFrame('assistant')],
  ['thinking.delta', 'thinking stream', agent('thinking', { text: 'a', delta: 'a' })],
  ['thinking.delta', 'plan stream', agent('plan', { explanation: 'first this' })],
  ['tool.call.started', 'tool start', agent('tool', { ...tool, phase: 'start', args: {} })],
  ['tool.call.started', 'item start', agent('item', { ...tool, phase: 'start' })],
  ['tool.call.started', 'command start', agent('command_output', { ...tool, phase: 'start' })],
  ['tool.call.delta', 'tool update', agent('tool', { ...tool, phase: 'update', partialResult: {} })],
  ['tool.call.delta', 'item update', agent('item', { ...tool, phase: 'update', status: 'running' })],
  ['tool.call.delta', 'command update', agent('command_output', { ...tool, phase: 'delta', output: 'x' })],
  ['tool.call.completed', 'tool result', agent('tool', { ...tool, phase: 'result', result: {} })],
  ['tool.call.completed', 'item end', agent('item', { ...tool, phase: 'end', status: 'completed' })],
  [
    'tool.call.completed',
    'command end',
    agent('command_output', { ...tool, phase: 'end', status: 'completed' }),
  ],
  ['tool.call.failed', 'tool error', agent('tool', { ...tool, phase: 'result', isError: true })],
  ['tool.call.failed', 'item failure', agent('item', { ...tool, phase: 'end', status: 'failed' })],
  ['tool.call.failed', 'item blocked', agent('item', { ...tool, phase: 'end', status: 'blocked' })],
  [
    'tool.call.failed',
    'command failure',
    agent('command_output', { ...tool, phase: 'end', status: 'failed' }),
  ],
  [
    'approval.requested',
    'exec request',
    { event: 'exec.approval.requested', payload: { id: 'a', request: {} } },
  ],
  [
    'approval.requested',
    'plugin request',
    { event: 'plugin.approval.requested', payload: { id: 'a', request: {} } },
  ],
  ['approval.requested', 'waiting', agent('lifecycle', { phase: 'waiting-approval', approvalId: 'a' })],
  [
    'approval.resolved',
    'exec resolution',
    { event: 'exec.approval.resolved', payload: { id: 'a', decision: 'deny' } },
  ],
  ['approval.resolved', 'plugin resolution', { event: 'plugin.approval.resolved', payload: { id: 'a' } }],
  ['question.requested', 'question', { event: 'question.requested', payload: { id: 'q', questions: [] } }],
  ['question.answered', 'answer', { event: 'question.resolved', payload: { id: 'q', status: 'answered' } }],
  [
    'session.created',
    'create',
    { event: 'sessions.changed', payload: { reason: 'create', sessionKey: 's' } },
  ],
  ['session.updated', 'update', { event: 'sessions.changed', payload: { reason: 'patch', sessionKey: 's' } }],
  ['session.updated', 'phase', { event: 'sessions.changed', payload: { phase: 'end', sessionKey: 's' } }],
  [
    'session.compacted',
    'compaction',
    { event: 'sessions.changed', payload: { reason: 'compact', sessionKey: 's' } },
  ],
  [
    'task.updated',
    'task',
    { event: 'task', payload: { action: 'upserted', task: { taskId: 't', status: 'running' } } },
  ],
  ['artifact.updated', 'patch stream', agent('patch', { itemId: 'patch:call-1', added: ['a.txt'] })],
  ['raw', 'a message of a user', messageFrame('user')],
  ['raw', 'a preamble', agent('item', { kind: 'preamble', phase: 'end', itemId: 'p', progressText: 'a' })],
  ['raw', 'the model of a run', agent('lifecycle', { phase: 'model', provider: 'p', model: 'm' })],
  ['raw', 'usage so far', agent('usage', { outputTokens: 1 })],
  ['raw', 'a retry', agent('run_status', { phase: 'retrying' })],
  ['raw', 'an empty delta', agent('assistant', { text: '', delta: '', itemId: 'i:1' })],
  ['raw', 'a tick', { event: 'tick', payload: { ts: 1 } }],
  ['raw', 'an event of the future', { event: 'moon.phase', payload: { full: true } }],
]

describe('one frame alone', () => {
  test.each(rows)('%s: %s', (type, _, frame) => {
    const event = normalizeGatewayEvent(frame)
    expect(event.type).toBe(type)
    expect(event.raw).toBe(frame)
    expect(event.seq).toBeUndefined()
    parseEvent(event)
  })

  test('says what the frame is about', () => {
    expect(normalizeGatewayEvent(agent('usage', { outputTokens: 1 }))).toEqual({
      version: 1,
      id: 'agent:usage:run-1:agent:main:test:1:1000',
      ts: 1000,
      type: 'raw',
      runId: 'run-1',
      sessionKey: 'agent:main:test',
      agentId: 'main',
      data: { name: 'agent/usage', payload: { outputTokens: 1 } },
      raw: agent('usage', { outputTokens: 1 }),
    })
  })

  test('of every recording is an event the protocol takes', () => {
    const ids = new Set<string>()
    let count = 0
    for (const { frames } of readAllRecordings().filter(({ file }) => file.startsWith('agent-run')))
      for (const frame of frames) {
        const event = normalizeGatewayEvent(frame)
        parseEvent(event)
        ids.add(event.id)
        count += 1
      }
    expect(count).toBeGreaterThan(300)
    // Two families tell of the same things, and connections of the same runs.
    expect(ids.size).toBeGreaterThan(count * 0.9)
  })

  test('gives the same event every time', () => {
    for (const frame of readFrames('agent-run-exec.jsonl'))
      expect(normalizeGatewayEvent(frame)).toEqual(normalizeGatewayEvent(frame))
  })
})

function messageFrame(role: string): GatewayEvent {
  const content = [{ type: 'text', text: 'hello' }]
  return {
    event: 'session.message',
    payload: { sessionKey: 's', messageId: 'm', message: { role, content, timestamp: 5 } },
  }
}
