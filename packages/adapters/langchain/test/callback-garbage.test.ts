import type { ClawEvent } from '@pincer/protocol'
import { isTerminalEvent } from '@pincer/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { PincerCallbackHandler } from '../src/index.ts'
import { recorded } from './callback-fixture.ts'

const hooks = [
  'handleChainStart',
  'handleChainEnd',
  'handleChainError',
  'handleLLMStart',
  'handleChatModelStart',
  'handleLLMNewToken',
  'handleChatModelStreamEvent',
  'handleLLMEnd',
  'handleLLMError',
  'handleToolStart',
  'handleToolEvent',
  'handleToolEnd',
  'handleToolError',
  'handleRetrieverStart',
  'handleRetrieverEnd',
  'handleRetrieverError',
  'handleCustomEvent',
] as const

type Hook = (...values: unknown[]) => unknown

const runId = fc.constantFrom('a', 'b', 'c', 'd')
const interrupted = {
  is_bubble_up: true,
  interrupts: [{ id: 'i1', value: { actionRequests: [{ name: 'x' }, null] } }],
}
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
const garbage = fc.oneof(
  fc.anything({ withNullPrototype: true, withMap: true, maxKeys: 3 }),
  fc.constantFrom<unknown>(
    interrupted,
    { lg_name: 'Command', resume: { decisions: [null, { type: 'edit' }] } },
    { id: ['langgraph', 'CompiledStateGraph'] },
    { id: ['RunnableSequence'] },
    { thread_id: 't1', checkpoint_ns: 'x' },
    { generations: [[{ message: { tool_calls: [{ id: 'x' }] } }]] },
    { messages: [null] },
    hostile,
  ),
)
// The ids stand where LangChain puts them, or somewhere else.
const step = fc.record({
  hook: fc.constantFrom(...hooks),
  values: fc.tuple(
    garbage,
    garbage,
    fc.oneof({ weight: 9, arbitrary: runId }, { weight: 1, arbitrary: garbage }),
    fc.oneof({ weight: 5, arbitrary: runId }, fc.constant(undefined), garbage),
    garbage,
    garbage,
    garbage,
    garbage,
  ),
})
// The second value is the run id where a hook has one argument before it.
const shiftsRunId = /(?:End|Error|Event)$/

test('calls in any order, with anything, never throw, and everything that started ends once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const record = recorded({ onError: () => {} })
      const handler = new PincerCallbackHandler(record.claw)
      for (const { hook, values } of steps) {
        const shifted =
          shiftsRunId.test(hook) && hook !== 'handleCustomEvent' ? [values[0], ...values.slice(2)] : values
        const result: unknown = (handler[hook] as Hook).apply(handler, shifted)
        expect(result).toBeUndefined()
      }
      await record.claw.close({ timeoutMs: 1_000 })
      expect(record.claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
      expectBalanced(await record.events())
    }),
    { numRuns: 1_000 },
  )
}, 30_000)

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
