import { type Claw, type ClientOptions, createClient } from '@pincer/core'
import type { ClawEvent, ClawEventOf, ClawEventType } from '@pincer/protocol'
import { createFakeGateway } from '@pincer/testing'
import { expect } from 'vitest'

/** A client whose events stay in memory, to be looked at. */
export interface Recorded {
  readonly claw: Claw
  /** Every event, delivered, in the order in which it was recorded. */
  events(): Promise<readonly ClawEvent[]>
  /** Every event of one type. */
  of<Type extends ClawEventType>(type: Type): Promise<readonly ClawEventOf<Type>[]>
  /** One line for each event, indented under what it stands under. */
  list(): Promise<string>
  /** Checks that there was no fault of ours and that nothing was ended twice, and closes the client. */
  done(): Promise<void>
}

/** A client on a gateway in memory. */
export function recorded(options: Partial<ClientOptions> = {}): Recorded {
  const faults: unknown[] = []
  const gateway = createFakeGateway()
  const claw = createClient({ gateway, onError: (error) => faults.push(error), ...options })
  async function events(): Promise<readonly ClawEvent[]> {
    await claw.flush({ timeoutMs: 5_000 })
    return gateway.kept
  }
  return {
    claw,
    events,
    async of<Type extends ClawEventType>(type: Type) {
      return (await events()).filter((event): event is ClawEvent & ClawEventOf<Type> => event.type === type)
    },
    list: async () => listEvents(await events()).join('\n'),
    async done() {
      await claw.close({ timeoutMs: 1_000 })
      expect(faults).toEqual([])
      expect(claw.stats().lateEnds).toBe(0)
    },
  }
}

/** Writes events as lines: type, name and what else tells them apart, two spaces deeper than what they stand under. */
function listEvents(events: readonly ClawEvent[]): readonly string[] {
  const depths = new Map<string, number>()
  return events.map((event) => {
    const { type, runId = '', actionId, parentRunId = '' } = event
    const fields = new Map<string, unknown>(Object.entries(event.data))
    const parentActionId = fields.get('parentActionId')
    const isRun = type.startsWith('run.')
    if (type.endsWith('.started')) {
      const above = typeof parentActionId === 'string' ? parentActionId : isRun ? parentRunId : runId
      depths.set(isRun ? runId : (actionId ?? ''), (depths.get(above) ?? -1) + 1)
    }
    const depth = depths.get(actionId ?? runId) ?? 0
    const words = told.map((name) => fields.get(name)).filter((word) => isWord(word))
    return ['  '.repeat(actionId === undefined && !isRun ? depth + 1 : depth) + type, ...words].join(' ')
  })
}

const told = [
  'name',
  'model',
  'operation',
  'delta',
  'outcome',
  'totalTokens',
  'status',
  'stopReason',
  'reason',
]

function isWord(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && !value.includes('\n'))
}
