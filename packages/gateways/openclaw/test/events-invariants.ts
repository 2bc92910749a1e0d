import { type ClawEvent, isTerminalEvent, parseEvent } from '@pincer/protocol'
import { expect } from 'vitest'

/** What one run's text came to: the whole of each message, in the order they began. */
export function textsOf(events: readonly ClawEvent[]): Map<string, string> {
  const texts = new Map<string, string>()
  for (const event of events) {
    if (event.type !== 'assistant.delta') continue
    const { delta, itemId = '', replace } = event.data
    texts.set(itemId, replace === true ? delta : (texts.get(itemId) ?? '') + delta)
  }
  return texts
}

/** Events of one run's sequence. */
export function sequenceOf(events: readonly ClawEvent[], runId: string): readonly ClawEvent[] {
  return events.filter((event) => event.runId === runId && event.seq !== undefined)
}

/** Fails unless every run among the events is well formed. */
export function expectWellFormed(events: readonly ClawEvent[]): void {
  const ids = new Set<string>()
  for (const event of events) {
    expect(ids.has(event.id), `two events have the id ${event.id}`).toBe(false)
    ids.add(event.id)
    // The protocol refuses such names wherever they stand.
    if (!JSON.stringify(event).includes('__proto__')) parseEvent(event)
  }
  const runIds = new Set(events.map((event) => event.runId))
  for (const runId of runIds) if (runId !== undefined) expectRun(sequenceOf(events, runId), runId)
}

function expectRun(events: readonly ClawEvent[], runId: string): void {
  if (events.length === 0) return
  expect(events[0]?.type, `${runId} begins with`).toBe('run.started')
  expect(events.filter((event) => event.type === 'run.started')).toHaveLength(1)
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1))
  const ends = events.filter(isTerminalEvent)
  expect(ends.length, `${runId} ends`).toBeLessThanOrEqual(1)
  if (ends.length === 1) expect(events.at(-1)).toBe(ends[0])
  expectTools(events, ends.length === 1)
  expectApprovals(events, ends.length === 1)
  expectMessages(events, ends.length === 1)
}

function expectTools(events: readonly ClawEvent[], isOver: boolean): void {
  const open = new Set<string>()
  const over = new Set<string>()
  for (const event of events) {
    if (event.type === 'tool.call.started') {
      const { toolCallId } = event.data
      expect(event.actionId).toBe(toolCallId)
      expect(open.has(toolCallId) || over.has(toolCallId), `${toolCallId} starts twice`).toBe(false)
      open.add(toolCallId)
    } else if (event.type === 'tool.call.delta') expect(open.has(event.data.toolCallId)).toBe(true)
    else if (event.type === 'tool.call.completed' || event.type === 'tool.call.failed') {
      expect(open.delete(event.data.toolCallId), `${event.data.toolCallId} ends without a start`).toBe(true)
      over.add(event.data.toolCallId)
    }
  }
  if (isOver) expect([...open]).toEqual([])
}

function expectApprovals(events: readonly ClawEvent[], isOver: boolean): void {
  const open = new Set<string>()
  for (const event of events) {
    if (event.type === 'approval.requested') {
      expect(open.has(event.data.approvalId)).toBe(false)
      open.add(event.data.approvalId)
    } else if (event.type === 'approval.resolved') expect(open.delete(event.data.approvalId)).toBe(true)
  }
  if (isOver) expect([...open]).toEqual([])
}

function expectMessages(events: readonly ClawEvent[], isOver: boolean): void {
  const texts = new Map<string, string>()
  const messages = new Map<string, string>()
  for (const event of events) {
    if (event.type === 'assistant.delta') {
      const { delta, itemId = '', replace } = event.data
      texts.set(itemId, replace === true ? delta : (texts.get(itemId) ?? '') + delta)
    } else if (event.type === 'assistant.message') {
      const { itemId = '', text } = event.data
      expect(text).toBe(texts.get(itemId))
      messages.set(itemId, text)
      // Messages without an id come one after the other.
      if (itemId === '') texts.delete('')
    }
  }
  if (!isOver) return
  for (const [itemId, text] of texts) if (text !== '') expect(messages.get(itemId)).toBe(text)
}
