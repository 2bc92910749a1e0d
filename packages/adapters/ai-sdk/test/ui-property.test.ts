import { type ClawEventData, type ClawEventType, eventTypes } from '@pincer/protocol'
import fc from 'fast-check'
import { lastAssistantMessageIsCompleteWithApprovalResponses } from 'ai'
import { describe, expect, it } from 'vitest'

import { eventsOf, faultsOf, show, type Told } from './ui-fixture.ts'

const name = fc.constantFrom('a', 'b', '__proto__')
const maybe = <Value>(values: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(values, { nil: undefined })
const text = fc.constantFrom('', 'one', 'one two', 'other', '\u{1f600}')
const value = fc.constantFrom(null, 'text', 7, { deep: [1, { more: true }] })
const error = fc.record({ message: text })
const completed = fc.constantFrom(
  'ok',
  'length',
  'cancelled',
  'unread',
  'abandoned',
  'refusal',
  'content_filter',
)
const failed = fc.constantFrom('error', 'timed_out', 'blocked', 'denied')
const delta = fc.record({ delta: text, itemId: maybe(name), replace: maybe(fc.boolean()) })
const opened = fc.record({ name: maybe(text) })
const stopped = fc.record({ reason: maybe(text) })
const artifact = fc.record({
  artifactId: name,
  url: maybe(fc.constantFrom('https://example.com/a', 'javascript:1')),
})
const session = fc.record({ reason: maybe(text) })
const git = fc.record({ url: maybe(text) })

const data: { [Type in ClawEventType]: fc.Arbitrary<unknown> } = {
  'run.created': opened,
  'run.queued': opened,
  'run.started': opened,
  'run.completed': fc.record({ stopReason: maybe(fc.constantFrom('stop', 'length', 'max_steps')) }),
  'run.failed': fc.record({ error }),
  'run.cancelled': stopped,
  'run.timed_out': stopped,
  'assistant.delta': delta,
  'assistant.message': fc.record({ text, itemId: maybe(name) }),
  'thinking.delta': delta,
  'model.call.started': fc.record({ provider: text, model: text, parentActionId: maybe(name) }),
  'model.call.completed': fc.record({ outcome: completed }),
  'model.call.failed': fc.record({ outcome: failed, error }),
  'tool.call.started': fc.record({ toolCallId: name, name: text, input: maybe(value) }),
  'tool.call.delta': fc.record({ toolCallId: name, delta: maybe(text), output: maybe(value) }),
  'tool.call.completed': fc.record({ toolCallId: name, outcome: completed, output: maybe(value) }),
  'tool.call.failed': fc.record({ toolCallId: name, outcome: failed, error }),
  'retrieval.started': fc.record({ name }),
  'retrieval.completed': fc.record({ outcome: completed }),
  'retrieval.failed': fc.record({ outcome: failed, error }),
  'guard.decided': fc.record({
    decision: fc.constantFrom('allow', 'warn', 'block', 'require_approval'),
    kind: fc.constantFrom('tool_call', 'model_call'),
    name,
    enforced: fc.boolean(),
  }),
  'usage.reported': fc.record({
    provider: text,
    model: text,
    inputTokens: fc.nat(9),
    cacheReadTokens: fc.constant(0),
    cacheWriteTokens: fc.constant(0),
    outputTokens: fc.nat(9),
    reasoningTokens: fc.constant(0),
    totalTokens: fc.nat(9),
  }),
  'approval.requested': fc.record({
    approvalId: name,
    name: text,
    toolCallId: maybe(name),
    reason: maybe(text),
  }),
  'approval.resolved': fc.record({
    approvalId: name,
    status: fc.constantFrom('approved', 'denied', 'expired', 'cancelled'),
    reason: maybe(text),
    input: maybe(value),
  }),
  'question.requested': fc.record({ questionId: name, text }),
  'question.answered': fc.record({ questionId: name, answer: maybe(value) }),
  'artifact.created': artifact,
  'artifact.updated': artifact,
  'session.created': session,
  'session.updated': session,
  'session.compacted': session,
  'task.updated': fc.record({ status: text }),
  'git.branch': git,
  'git.diff': git,
  'git.pr': git,
  raw: fc.record({ name: text, payload: maybe(value) }),
}

const told = fc
  .constantFrom(...eventTypes)
  .chain((type) => data[type].map((made) => [type, made] as unknown as Told))
const story = fc.array(told, { maxLength: 40 })

describe('a message of any events', () => {
  it('can be followed, is accepted by the AI SDK, and always ends', async () => {
    const options = fc.record({ sendSources: fc.boolean(), sendReasoning: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(story, options, async (events, how) => {
        const { chunks, message, errors } = await show(eventsOf(events), how)
        expect(faultsOf(chunks)).toEqual([])
        const end = events.find(([type]) => /^run\.(?:completed|failed|cancelled|timed_out)$/.test(type))
        if (end?.[0] !== 'run.failed') expect(errors).toEqual([])
        // A chat that sends answers by itself must come to rest.
        if (message !== undefined)
          expect(lastAssistantMessageIsCompleteWithApprovalResponses({ messages: [message] })).toBe(false)
      }),
      { numRuns: 1_500 },
    )
  })

  it('can be gone on with, without a call that stands there twice', async () => {
    const half = fc.nat(40)
    await fc.assert(
      fc.asyncProperty(story, half, async (events, at) => {
        const all = eventsOf(events.filter(([type]) => !type.startsWith('run.')))
        const { message: earlier } = await show(all.slice(0, at))
        if (earlier?.metadata?.seq === undefined) return
        const { errors, message, chunks } = await show(all, { originalMessages: [earlier] }, earlier)
        expect(errors).toEqual([])
        expect(chunks.at(-1)?.type).toBe('finish')
        const ids = message?.parts.flatMap((part) => ('toolCallId' in part ? [part.toolCallId] : [])) ?? []
        expect(new Set(ids).size).toBe(ids.length)
        expect(message?.parts.slice(0, earlier.parts.length).map(({ type }) => type)).toEqual(
          earlier.parts.map(({ type }) => type),
        )
      }),
      { numRuns: 500 },
    )
  })

  it('says what was said last of every item', async () => {
    // Within one step all that was said can be taken back.
    const spoken = fc.array(
      fc.oneof(
        delta.map((made) => ['assistant.delta', made] as unknown as Told),
        fc
          .record({ text, itemId: maybe(name) })
          .map((made) => ['assistant.message', made] as unknown as Told),
        delta.map((made) => ['thinking.delta', made] as unknown as Told),
      ),
      { maxLength: 30 },
    )
    await fc.assert(
      fc.asyncProperty(spoken, async (events) => {
        const named = events.filter(
          ([type, made]) => type !== 'thinking.delta' && 'itemId' in made && made.itemId !== undefined,
        )
        const said = new Map<string, string>()
        for (const [, made] of named) {
          const fields = { delta: '', itemId: '', ...made } as {
            delta: string
            itemId: string
            text?: string
            replace?: boolean
          }
          const { itemId, delta: piece, text: whole, replace } = fields
          said.set(itemId, whole ?? (replace ? piece : (said.get(itemId) ?? '') + piece))
        }
        const { message } = await show(eventsOf(named))
        const shown = (message?.parts ?? [])
          .flatMap((part) => (part.type === 'text' ? [part.text] : []))
          .join('')
        const expected = [...said.values()].join('')
        expect(shown.split('').toSorted()).toEqual(expected.split('').toSorted())
      }),
      { numRuns: 1_000 },
    )
  })
})

// Every type has its place in the table above, so that a new type fails here until somebody decides what a message shows of it.
it('knows every type of event', () => {
  const types: readonly (keyof ClawEventData)[] = eventTypes
  expect(Object.keys(data).toSorted()).toEqual([...types].toSorted())
})
