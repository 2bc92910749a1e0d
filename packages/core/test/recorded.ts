import { type Claw, type ClientOptions, createClient } from '../src/index.ts'
import { FakeGateway, type FakeGatewayOptions } from './fake-gateway.ts'
import { ManualClock } from './manual-clock.ts'

/** A client on a gateway in memory, at a time of its own. */
export interface Recorded {
  readonly gateway: FakeGateway
  readonly clock: ManualClock
  readonly claw: Claw
  /** What `onError` was told. */
  readonly errors: [unknown, string][]
  /** Delivers what was recorded, and checks that every event of it was one. */
  readonly deliver: () => Promise<FakeGateway>
}

/** Makes a client to record with; nothing it makes needs to be closed. */
export function recorded(options: Partial<ClientOptions> = {}, behaviour: FakeGatewayOptions = {}): Recorded {
  const gateway = new FakeGateway(behaviour)
  const clock = new ManualClock()
  const errors: [unknown, string][] = []
  const claw = createClient({
    gateway,
    clock,
    onError: (error, where) => errors.push([error, where]),
    ...options,
  })
  const deliver = async (): Promise<FakeGateway> => {
    await clock.advance(200)
    if (gateway.refused.length > 0) throw new Error(`refused: ${gateway.refused.join('; ')}`)
    return gateway
  }
  return { gateway, clock, claw, errors, deliver }
}
