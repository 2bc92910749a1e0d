import { type ClawEvent, type ClawEventData, isTerminalEvent } from '@pincer/protocol'
import { expect } from 'vitest'
import type { Run } from '../../src/index.ts'

/** Reads a run to its end and checks what holds for every run; returns its events. */
export async function readWholeRun(run: Run): Promise<readonly ClawEvent[]> {
  const events: ClawEvent[] = []
  for await (const event of run.events()) events.push(event)
  expectWholeRun(events, run.runId)
  return events
}

/** One run, one story: its own events only, numbered, begun once and ended once. */
export function expectWholeRun(events: readonly ClawEvent[], runId: string): void {
  expect(events.filter((event) => event.runId !== runId)).toEqual([])
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1))
  expect(new Set(events.map((event) => event.id)).size).toBe(events.length)
  expect(events.filter((event) => event.type === 'run.started').length).toBeLessThanOrEqual(1)
  expect(events.filter(isTerminalEvent)).toEqual(events.slice(-1))
  for (const type of ['tool.call.started', 'tool.call.completed'] as const) {
    const ids = events.flatMap((event) => (event.type === type ? [event.data.toolCallId] : []))
    expect(new Set(ids).size).toBe(ids.length)
  }
}

/** How often each type came. */
export function countTypes(events: readonly ClawEvent[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>()
  for (const { type } of events) counts.set(type, (counts.get(type) ?? 0) + 1)
  return Object.fromEntries(counts)
}

/** The text of the run's messages as its deltas wrote them, message by message. */
export function writtenText(events: readonly ClawEvent[]): readonly string[] {
  const texts = new Map<string, string>()
  for (const event of events) {
    if (event.type !== 'assistant.delta') continue
    const { delta, itemId = '', replace } = event.data
    texts.set(itemId, replace === true ? delta : (texts.get(itemId) ?? '') + delta)
  }
  return [...texts.values()]
}

/** The data of the only event of a type. */
export function onlyOne<Type extends ClawEvent['type']>(
  events: readonly ClawEvent[],
  type: Type,
): ClawEventData[Type] {
  const found = events.filter((event) => event.type === type)
  expect(found.map((event) => event.type)).toEqual([type])
  const [event] = found
  if (event === undefined) throw new Error(`no ${type}`)
  return event.data as ClawEventData[Type]
}
