import type { ClawEvent } from '@pincer/protocol'
import { isTerminalEvent } from '@pincer/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { pincerTelemetry } from '../src/index.ts'
import { recorded } from './telemetry-fixture.ts'

const hooks = [
  'onStart',
  'onLanguageModelCallStart',
  'onLanguageModelCallEnd',
  'onToolExecutionStart',
  'onToolExecutionEnd',
  'onStepEnd',
  'onObjectStepStart',
  'onObjectStepEnd',
  'onEmbedStart',
  'onEmbedEnd',
  'onRerankStart',
  'onRerankEnd',
  'onEnd',
  'onAbort',
  'onError',
] as const

type Hook = (event: unknown) => unknown

// Throws whatever is asked of it, but for its name in the report of a failure.
const hostile = new Proxy(
  {},
  {
    has: (_, key) => key === fc.toStringMethod,
    get(_, key) {
      if (key === fc.toStringMethod) return () => 'hostile'
      throw new Error('no look')
    },
  },
)
const callId = fc.constantFrom('a', 'b', 'c')
const toolCall = { toolCallId: 't1', toolName: 'add', input: { a: 1 } }
const content = [
  { type: 'tool-call', ...toolCall },
  { type: 'tool-approval-request', approvalId: 'p1', toolCall },
  null,
  { type: 'tool-approval-response', approvalId: 'p2', approved: false, toolCall },
]
const garbage = fc.oneof(
  fc.anything({ withNullPrototype: true, withMap: true, maxKeys: 3 }),
  fc.constantFrom<unknown>(
    hostile,
    content,
    toolCall,
    { type: 'tool-error', ...toolCall, error: hostile },
    [
      { role: 'assistant', content },
      { role: 'tool', content: [{ type: 'tool-approval-response', approvalId: 'p1' }] },
    ],
    'error',
    'interrupted',
    'ai.embed',
    'ai.generateObject',
    'ai.transcribe',
    't1',
    Number.NaN,
  ),
)
const fields = [
  'operationId',
  'provider',
  'modelId',
  'messages',
  'instructions',
  'tools',
  'content',
  'usage',
  'finishReason',
  'toolCall',
  'toolOutput',
  'embedCallId',
  'values',
  'embeddings',
  'documents',
  'ranking',
  'error',
  'runtimeContext',
  'providerOptions',
  'stepNumber',
]
const event = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .tuple(callId, fc.dictionary(fc.constantFrom(...fields), garbage))
      .map(([id, rest]) => ({ ...rest, callId: id })),
  },
  { weight: 1, arbitrary: garbage },
)
const step = fc.oneof(
  { weight: 12, arbitrary: fc.record({ hook: fc.constantFrom(...hooks), event }) },
  {
    weight: 2,
    arbitrary: fc.record({
      hook: fc.constant('executeTool' as const),
      event: fc.record({ callId, toolCallId: fc.constantFrom('t1', 't2') }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      hook: fc.constant('executeLanguageModelCall' as const),
      event: fc.record({ callId, messages: garbage, result: garbage, fails: fc.boolean() }),
    }),
  },
)

test('calls in any order, with anything, never throw, and everything that started ends once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const record = recorded({ onError: () => {} })
      const telemetry = pincerTelemetry(record.claw) as Record<string, Hook>
      for (const { hook, event } of steps) {
        if (hook === 'executeTool' || hook === 'executeLanguageModelCall') {
          const { result, fails } = event as { result?: unknown; fails?: boolean }
          const execute = async (): Promise<unknown> => {
            if (fails === true) throw hostile
            return { stream: result }
          }
          const outcome = await Promise.resolve(telemetry[hook]?.({ ...event, execute })).then(
            (value) => ({ value }),
            (thrown: unknown) => ({ thrown }),
          )
          // Whatever it makes of it, the host gets its own.
          if (fails === true) expect('thrown' in outcome && outcome.thrown === hostile).toBe(true)
          else expect('value' in outcome && Object.keys(Object(outcome.value))).toEqual(['stream'])
        } else expect(telemetry[hook]?.(event)).toBeUndefined()
      }
      await record.claw.close({ timeoutMs: 1_000 })
      expect(record.claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
      expectBalanced(await record.events())
    }),
    { numRuns: 1_000 },
  )
}, 60_000)

function expectBalanced(events: readonly ClawEvent[]): void {
  const open = new Set<string>()
  for (const event of events) {
    const { type, runId: run = '', actionId = run } = event
    if (type.endsWith('.started')) {
      expect(open.has(actionId)).toBe(false)
      open.add(actionId)
    } else if (isTerminalEvent(event) || /^(?:model|tool|retrieval).*\.(?:completed|failed)$/.test(type)) {
      expect(open.delete(actionId)).toBe(true)
    }
  }
  expect([...open]).toEqual([])
}
