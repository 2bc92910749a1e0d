import type { ClawEvent, ClawEventType } from './event.ts'
import { expectJson, expectShape, type Shape } from './parse-shape.ts'
import { ProtocolError } from './protocol-error.ts'

const error: Shape = {
  message: 'string',
  name: 'string?',
  code: 'string?',
  status: 'number?',
  requestId: 'string?',
}
const completed = ['ok', 'length', 'content_filter', 'refusal', 'cancelled', 'unread', 'abandoned'] as const
const failed = ['error', 'timed_out', 'blocked', 'denied'] as const
const risk = ['low', 'medium', 'high', 'critical', undefined] as const
const actionKind = ['model_call', 'tool_call', 'retrieval'] as const
const operation = [
  'chat',
  'completion',
  'response',
  'embedding',
  'image',
  'speech',
  'transcription',
  'translation',
  'moderation',
  undefined,
] as const

const runOpened: Shape = { name: 'string?', input: 'json?', metadata: 'object?', parentActionId: 'string?' }
const runStopped: Shape = { reason: 'string?', output: 'json?', durationMs: 'count?' }
const delta: Shape = { delta: 'string', itemId: 'string?', replace: 'boolean?' }
const modelCallEnd: Shape = {
  output: 'json?',
  durationMs: 'count?',
  firstTokenMs: 'count?',
  finishReason: 'string?',
  responseId: 'string?',
  requestId: 'string?',
  reason: 'string?',
}
const artifact: Shape = {
  artifactId: 'string',
  name: 'string?',
  mediaType: 'string?',
  bytes: 'count?',
  url: 'string?',
}
const session: Shape = { reason: 'string?', label: 'string?' }
const git: Shape = { branch: 'string?', diff: 'string?', url: 'string?', title: 'string?' }

/** The shape of each type's `data`: adding an event type is adding a row. */
const shapes: Readonly<Record<ClawEventType, Shape>> = {
  'run.created': runOpened,
  'run.queued': runOpened,
  'run.started': runOpened,
  'run.completed': { output: 'json?', durationMs: 'count?', stopReason: 'string?' },
  'run.failed': { error, output: 'json?', durationMs: 'count?' },
  'run.cancelled': runStopped,
  'run.timed_out': runStopped,
  'assistant.delta': delta,
  'assistant.message': { text: 'string', itemId: 'string?' },
  'thinking.delta': delta,
  'model.call.started': {
    provider: 'string',
    model: 'string',
    operation,
    input: 'json?',
    parameters: 'object?',
    stream: 'boolean?',
    parentActionId: 'string?',
  },
  'model.call.completed': { ...modelCallEnd, outcome: completed },
  'model.call.failed': { ...modelCallEnd, outcome: failed, error },
  'tool.call.started': {
    toolCallId: 'string',
    name: 'string',
    input: 'json?',
    risk,
    parentActionId: 'string?',
  },
  'tool.call.delta': { toolCallId: 'string', delta: 'string?', output: 'json?' },
  'tool.call.completed': {
    toolCallId: 'string',
    outcome: completed,
    name: 'string?',
    output: 'json?',
    durationMs: 'count?',
    reason: 'string?',
  },
  'tool.call.failed': { toolCallId: 'string', outcome: failed, error, name: 'string?', durationMs: 'count?' },
  'retrieval.started': { name: 'string', query: 'json?', parentActionId: 'string?' },
  'retrieval.completed': { outcome: completed, documents: 'json?', durationMs: 'count?', reason: 'string?' },
  'retrieval.failed': { outcome: failed, error, durationMs: 'count?' },
  'guard.decided': {
    decision: ['allow', 'warn', 'block', 'require_approval'],
    kind: actionKind,
    name: 'string',
    enforced: 'boolean',
    toolCallId: 'string?',
    inputHash: 'string?',
    reason: 'string?',
    policyId: 'string?',
    approvalId: 'string?',
    durationMs: 'count?',
  },
  'usage.reported': {
    provider: 'string',
    model: 'string',
    inputTokens: 'count',
    cacheReadTokens: 'count',
    cacheWriteTokens: 'count',
    outputTokens: 'count',
    reasoningTokens: 'count',
    totalTokens: 'count',
    costUsd: 'count?',
    details: 'counts?',
  },
  'approval.requested': {
    approvalId: 'string',
    name: 'string',
    toolCallId: 'string?',
    input: 'json?',
    inputHash: 'string?',
    reason: 'string?',
    risk,
    expiresAt: 'count?',
  },
  'approval.resolved': {
    approvalId: 'string',
    status: ['approved', 'denied', 'expired', 'cancelled'],
    reason: 'string?',
    decidedBy: 'string?',
    input: 'json?',
  },
  'question.requested': { questionId: 'string', text: 'string', options: 'strings?' },
  'question.answered': { questionId: 'string', answer: 'json?' },
  'artifact.created': artifact,
  'artifact.updated': artifact,
  'session.created': session,
  'session.updated': session,
  'session.compacted': session,
  'task.updated': { status: 'string', title: 'string?' },
  'git.branch': git,
  'git.diff': git,
  'git.pr': git,
  raw: { name: 'string', payload: 'json?' },
}

/** Every event type there is, in the order of the design. */
export const eventTypes: readonly ClawEventType[] = Object.freeze(Object.keys(shapes) as ClawEventType[])

const envelope: Shape = {
  id: 'string',
  ts: 'count',
  type: 'string',
  runId: 'string?',
  parentRunId: 'string?',
  actionId: 'string?',
  seq: 'count?',
  sessionId: 'string?',
  sessionKey: 'string?',
  taskId: 'string?',
  agentId: 'string?',
}
const envelopeFields = Object.keys(envelope)

/**
 * Reads a normalized event from a value of unknown shape, such as parsed JSON.
 *
 * Fields of the envelope that are not known are dropped; fields of `data` that are not known are kept.
 *
 * @throws ProtocolError naming the path, what was expected and what was found.
 * @example
 * const event = parseEvent(JSON.parse(line))
 * if (event.type === 'assistant.delta') process.stdout.write(event.data.delta)
 */
export function parseEvent(value: unknown): ClawEvent {
  const found = expectShape(value, envelope, '')
  if (found['version'] !== 1) throw new ProtocolError('version', 'the number 1', found['version'])
  if (found['id'] === '') throw new ProtocolError('id', 'a string that is not empty', '')
  const type = found['type'] as ClawEventType
  if (!Object.hasOwn(shapes, type)) throw new ProtocolError('type', 'a known event type', type)
  expectShape(found['data'], shapes[type], 'data')
  expectJson(found['data'], 'data')
  const event: Record<string, unknown> = { version: 1 }
  for (const field of envelopeFields) if (found[field] !== undefined) event[field] = found[field]
  event['data'] = found['data']
  if (found['raw'] !== undefined) event['raw'] = parseRaw(found['raw'])
  return event as unknown as ClawEvent
}

function parseRaw(value: unknown): ClawEvent['raw'] {
  const { event, payload, seq } = expectShape(
    value,
    { event: 'string', payload: 'json?', seq: 'number?' },
    'raw',
  )
  if (payload !== undefined) expectJson(payload, 'raw.payload')
  return {
    event: event as string,
    ...(payload === undefined ? {} : { payload }),
    ...(seq === undefined ? {} : { seq: seq as number }),
  }
}
