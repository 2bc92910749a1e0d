import { describe, expectTypeOf, test } from 'vitest'
import {
  type ActionOutcome,
  type ApprovalRequest,
  type ApprovalResolvedData,
  type ClawEvent,
  type ClawEventData,
  type ClawEventOf,
  type ClawEventType,
  type CompletedOutcome,
  type EventSink,
  type FailedOutcome,
  type Frame,
  type Gateway,
  type GuardDecision,
  isTerminalEvent,
  type JsonValue,
  parseEvent,
  parseFrame,
  type TerminalEventType,
  type ToolResult,
  type Usage,
} from '../src/index.ts'

declare const event: ClawEvent

describe('narrowing on `type` narrows `data`', () => {
  test('by if', () => {
    if (event.type === 'assistant.delta') {
      expectTypeOf(event.data.delta).toEqualTypeOf<string>()
      // @ts-expect-error a delta has no text
      void event.data.text
    }
    if (event.type === 'usage.reported') expectTypeOf(event.data).toEqualTypeOf<Usage>()
    if (event.type === 'approval.requested') expectTypeOf(event.data).toEqualTypeOf<ApprovalRequest>()
    if (event.type === 'approval.resolved') expectTypeOf(event.data).toEqualTypeOf<ApprovalResolvedData>()
    if (event.type === 'raw') expectTypeOf(event.data.payload).toEqualTypeOf<JsonValue | undefined>()
  })

  test('by switch, to the last type', () => {
    switch (event.type) {
      case 'model.call.completed':
      case 'tool.call.completed':
      case 'retrieval.completed':
        expectTypeOf(event.data.outcome).toEqualTypeOf<CompletedOutcome>()
        break
      case 'model.call.failed':
      case 'tool.call.failed':
      case 'retrieval.failed':
        expectTypeOf(event.data.outcome).toEqualTypeOf<FailedOutcome>()
        expectTypeOf(event.data.error.message).toEqualTypeOf<string>()
        break
      case 'run.failed':
        expectTypeOf(event.data.error.status).toEqualTypeOf<number | undefined>()
        break
      default:
        expectTypeOf(event.type).not.toEqualTypeOf<ClawEventType>()
        expectTypeOf<'run.failed'>().not.toExtend<typeof event.type>()
    }
  })

  test('by isTerminalEvent', () => {
    if (isTerminalEvent(event)) {
      expectTypeOf(event.type).toEqualTypeOf<TerminalEventType>()
      expectTypeOf(event.data.durationMs).toEqualTypeOf<number | undefined>()
    }
  })

  test('on what parseEvent returns', () => {
    const parsed = parseEvent(null)
    expectTypeOf(parsed).toEqualTypeOf<ClawEvent>()
    if (parsed.type === 'tool.call.started') expectTypeOf(parsed.data.toolCallId).toEqualTypeOf<string>()
  })
})

describe('every event type', () => {
  test('has data', () => {
    expectTypeOf<ClawEvent['type']>().toEqualTypeOf<ClawEventType>()
    expectTypeOf<keyof ClawEventData>().toEqualTypeOf<ClawEventType>()
    type WithoutData = {
      [Type in ClawEventType]: ClawEventData[Type] extends object ? never : Type
    }[ClawEventType]
    expectTypeOf<WithoutData>().toEqualTypeOf<never>()
    type Unequal = {
      [Type in ClawEventType]: Extract<ClawEvent, { type: Type }>['data'] extends ClawEventData[Type]
        ? never
        : Type
    }[ClawEventType]
    expectTypeOf<Unequal>().toEqualTypeOf<never>()
  })

  test('is one event of its own', () => {
    expectTypeOf<ClawEventOf<'git.pr'>>().toExtend<ClawEvent>()
    // @ts-expect-error the data of a message does not fit a delta
    const wrong: ClawEvent = { version: 1, id: 'x', ts: 1, type: 'assistant.delta', data: { text: 'x' } }
    void wrong
    expectTypeOf<ActionOutcome>().toEqualTypeOf<CompletedOutcome | FailedOutcome>()
  })

  test('cannot be changed', () => {
    // @ts-expect-error events are facts
    event.id = 'other'
  })
})

describe('frames', () => {
  test('are told apart by `type` and `ok`', () => {
    const frame: Frame = parseFrame(null)
    if (frame.type === 'req') expectTypeOf(frame.method).toEqualTypeOf<string>()
    if (frame.type === 'event') expectTypeOf(frame.seq).toEqualTypeOf<number | undefined>()
    if (frame.type === 'res' && !frame.ok) expectTypeOf(frame.error.code).toEqualTypeOf<string>()
    // @ts-expect-error an answer that is well has no error
    if (frame.type === 'res' && frame.ok) void frame.error
  })
})

describe('ports', () => {
  const events: EventSink = { append: () => Promise.resolve([]) }

  test('accept a gateway that offers only some of them', () => {
    expectTypeOf({ name: 'least', close: () => Promise.resolve() }).toExtend<Gateway>()
    expectTypeOf({ name: 'events', events, close: () => Promise.resolve() }).toExtend<Gateway>()
    const gateway: Gateway = {
      name: 'guard',
      guard: { decide: () => Promise.resolve({ decision: 'allow' }) },
      close: () => Promise.resolve(),
    }
    expectTypeOf(gateway.agents).toEqualTypeOf<Gateway['agents'] | undefined>()
    // @ts-expect-error a part may be absent
    void gateway.agents.list()
  })

  test('refuse what is none', () => {
    // @ts-expect-error a gateway can be closed
    const open: Gateway = { name: 'open' }
    // @ts-expect-error a guard has four answers
    const decision: GuardDecision = { decision: 'maybe' }
    void [open, decision]
  })

  test('tell results of tools apart', () => {
    const handle = (result: ToolResult): string => {
      if (result.status === 'blocked') return result.reason
      if (result.status === 'approval_required') return result.approvalId
      return result.status === 'error' ? result.error.message : result.toolCallId
    }
    expectTypeOf(handle).returns.toEqualTypeOf<string>()
  })
})
