import type { GatewayEvent } from '@pincer/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createNormalizer } from '../src/events/normalizer.ts'
import { agentFrame, normalizeAll, readAllRecordings } from './events-frames.ts'
import { expectWellFormed } from './events-invariants.ts'

const words =
  'agent chat task session.tool session.message sessions.changed question.requested question.resolved exec.approval.requested plugin.approval.resolved artifact.updated tick'.split(
    ' ',
  )
const streams = 'lifecycle assistant thinking tool item command_output approval patch plan'.split(' ')
const phases = 'start end error update result delta waiting-approval approval-resolved resolved'.split(' ')

const anything = fc.oneof(
  fc.constantFrom('run-1', 'call-1', 'item-1', 'approval-1', '', 'x'.repeat(300)),
  fc.constantFrom(...phases, 'failed', 'blocked', 'assistant', 'deny', 'final', 'aborted', 'status'),
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<unknown>,
  fc.constantFrom(undefined, null, -1, 0.5, 1e308, true),
)
const fields = (names: readonly string[]): fc.Arbitrary<object> =>
  fc.dictionary(fc.constantFrom(...names), anything, { noNullPrototype: true })

const dataNames =
  'phase status toolCallId itemId approvalId name args text delta replace kind isError result error startedAt endedAt stopReason aborted timeoutPhase terminalReply output partialResult commandBearing durationMs added summary explanation __proto__'.split(
    ' ',
  )
const payloadNames =
  'runId stream data ts seq state message deltaText task id request decision questions answers reason label session sessionKey agentId artifact resolvedBy'.split(
    ' ',
  )
const nested = fields([
  ...dataNames,
  ...payloadNames,
  'role',
  'content',
  'timestamp',
  'taskId',
  'title',
  'runId',
])
const frame = fc
  .record({
    event: fc.constantFrom(...words),
    payload: fc.oneof(
      fc.record({
        runId: fc.constantFrom('run-1', 'run-2'),
        stream: fc.constantFrom(...streams),
        data: nested,
      }),
      fc.dictionary(fc.constantFrom(...payloadNames), fc.oneof(nested, anything), { noNullPrototype: true }),
      anything,
    ),
    seq: anything,
  })
  // What comes from the wire is JSON, whatever it says.
  .map((value) => JSON.parse(JSON.stringify(value)) as GatewayEvent)

describe('frames that nobody should send', () => {
  test('never throw, and never break a run', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 40 }), (frames) => {
        expectWellFormed(normalizeAll(frames))
      }),
      { numRuns: 400 },
    )
  })

  test('recorded frames of which a field is something else', () => {
    const recorded = readAllRecordings().flatMap(({ frames }) =>
      frames.filter(({ event }) => event !== 'tick'),
    )
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: recorded.length - 1 }), fc.constantFrom(...payloadNames), anything), {
          maxLength: 60,
        }),
        (changes) => {
          const frames = changes.map(([index, name, value]) => {
            const { event, payload } = recorded[index] as { readonly event: string; readonly payload: object }
            return JSON.parse(
              JSON.stringify({ event, payload: { ...payload, [name]: value } }),
            ) as GatewayEvent
          })
          expectWellFormed(normalizeAll(frames))
        },
      ),
      { numRuns: 200 },
    )
  })

  test('frames that are none', () => {
    const frames = [null, undefined, 1, 'frame', [], {}, { event: 1 }] as unknown as readonly GatewayEvent[]
    expect(normalizeAll(frames)).toEqual([])
  })

  test('fields called __proto__ change nothing but themselves', () => {
    const payload: unknown = JSON.parse(
      '{"runId":"r","stream":"tool","data":{"phase":"start","toolCallId":"c","name":"n","args":{"__proto__":{"bad":true}},"__proto__":{"bad":true}}}',
    )
    const events = normalizeAll([{ event: 'agent', payload }])
    expect(events.map(({ type }) => type)).toEqual(['run.started', 'tool.call.started'])
    expect('bad' in {}).toBe(false)
  })

  test('a hundred thousand tool calls in one run are told, but not all remembered', () => {
    const counts = new Map<string, number>()
    const normalizer = createNormalizer((event) => counts.set(event.type, (counts.get(event.type) ?? 0) + 1))
    for (let index = 0; index < 100_000; index += 1)
      normalizer.normalize(
        agentFrame('run-1', 'tool', { phase: 'start', toolCallId: `call-${index}`, name: 'ls' }),
      )
    const run = normalizer.find('run-1')
    expect(run?.tools.size).toBe(1000)
    expect(run?.endedTools.size).toBe(1000)
    normalizer.normalize(agentFrame('run-1', 'lifecycle', { phase: 'end' }))
    expect(counts.get('tool.call.started')).toBe(100_000)
    expect(counts.get('tool.call.completed')).toBe(100_000)
    expect(counts.get('run.completed')).toBe(1)
  })

  test('tool calls of which only starts of items come are bounded too', () => {
    const events: string[] = []
    const normalizer = createNormalizer((event) => events.push(event.type))
    for (let index = 0; index < 5000; index += 1)
      normalizer.normalize(
        agentFrame('run-1', 'item', {
          kind: 'tool',
          phase: 'start',
          toolCallId: `call-${index}`,
          name: 'ls',
        }),
      )
    expect(normalizer.find('run-1')?.tools.size).toBe(1000)
    expect(normalizer.find('run-1')?.heldTools.size).toBeLessThanOrEqual(1000)
  })

  test('runs, approvals and messages of strangers are remembered within bounds', () => {
    const normalizer = createNormalizer(() => {})
    for (let index = 0; index < 20_000; index += 1) {
      normalizer.normalize(
        agentFrame(`run-${index}`, 'assistant', { text: 'a', delta: 'a', itemId: `item-${index}` }),
      )
      normalizer.normalize(agentFrame('one', 'assistant', { text: 'b', delta: 'b', itemId: `item-${index}` }))
      normalizer.normalize({ event: 'exec.approval.requested', payload: { id: `a-${index}`, request: {} } })
    }
    const kept = Array.from({ length: 20_000 }, (_, index) => normalizer.find(`run-${index}`)).filter(Boolean)
    expect(kept.length).toBeLessThanOrEqual(2000)
    expect(normalizer.find('one')?.finishedItems.size ?? 0).toBeLessThanOrEqual(8)
  })

  test('a run that is followed outlives any number of strangers', () => {
    const types: string[] = []
    const normalizer = createNormalizer((event) => {
      if (event.runId === 'mine') types.push(event.type)
    })
    normalizer.follow('mine', {})
    normalizer.normalize(agentFrame('mine', 'lifecycle', { phase: 'start' }))
    for (let index = 0; index < 5000; index += 1)
      normalizer.normalize(agentFrame(`run-${index}`, 'lifecycle', { phase: 'start' }))
    normalizer.normalize(agentFrame('mine', 'lifecycle', { phase: 'end' }))
    expect(types).toEqual(['run.started', 'run.completed'])
  })
})
