import { type Claw, type ClientOptions, createClient } from '@pincer/core'
import type { ClawEvent, ClawEventOf, ClawEventType } from '@pincer/protocol'
import { expect } from 'vitest'

import { eventually } from './eventually.ts'
import { createFakeGateway, type FakeBehaviour, type FakeGateway } from './fake-gateway.ts'

/** A client whose events stay in memory, to be looked at. */
export interface Recorded {
  readonly claw: Claw
  readonly gateway: FakeGateway
  /** Faults of ours that were kept from the host. */
  readonly faults: unknown[]
  /** Checks that there was no fault of ours, and closes the client. */
  done(): Promise<void>
  /** Every event, delivered. */
  events(): Promise<readonly ClawEvent[]>
  /** Every event of one type. */
  of<Type extends ClawEventType>(type: Type): Promise<readonly ClawEventOf<Type>[]>
}

/** Makes such a client on a fake gateway. */
export function recorded(options: Partial<ClientOptions> = {}, behaviour: FakeBehaviour = {}): Recorded {
  const faults: unknown[] = []
  const gateway = createFakeGateway(behaviour)
  const claw = createClient({ gateway, onError: (error) => faults.push(error), ...options })
  async function events(): Promise<readonly ClawEvent[]> {
    await claw.flush({ timeoutMs: 5_000 })
    return gateway.kept
  }
  return {
    claw,
    gateway,
    faults,
    events,
    async done() {
      await claw.close({ timeoutMs: 1_000 })
      expect(faults).toEqual([])
      expect(claw.stats().lateEnds).toBe(0)
    },
    async of<Type extends ClawEventType>(type: Type) {
      return (await events()).filter((event): event is ClawEvent & ClawEventOf<Type> => event.type === type)
    },
  }
}

/** Looks again until the condition holds, for 2 seconds at most. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  await eventually(async () => ((await holds()) ? true : undefined), 2_000)
}
