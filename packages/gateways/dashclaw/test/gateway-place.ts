import type { ClawEvent, ClawEventData, ClawEventType } from '@pincer/protocol'
import { dashclaw, type DashClawGateway, type DashClawGatewayOptions } from '../src/index.ts'
import { type StandIn, type StandInOptions, startStandIn } from './dashclaw-server.ts'
import { key } from './make-claw.ts'

/** A gateway on a stand-in for a server. */
export interface Place extends AsyncDisposable {
  readonly server: StandIn
  readonly gateway: DashClawGateway
  readonly warnings: readonly string[]
  /** Another gateway on the same server, such as that of another process. */
  open(options?: Partial<DashClawGatewayOptions>): DashClawGateway
}

/** Starts a stand-in, and opens a gateway on it that repeats nothing by itself. */
export async function openPlace(
  standIn: StandInOptions = {},
  options: Partial<DashClawGatewayOptions> = {},
): Promise<Place> {
  const server = await startStandIn(standIn)
  const warnings: string[] = []
  const opened: DashClawGateway[] = []
  const open = (more: Partial<DashClawGatewayOptions> = {}): DashClawGateway => {
    const gateway = dashclaw({
      baseUrl: server.url,
      apiKey: key,
      agentId: 'own-agent',
      retries: 0,
      onWarning: (warning) => void warnings.push(warning),
      ...options,
      ...more,
    })
    opened.push(gateway)
    return gateway
  }
  return {
    server,
    gateway: open(),
    warnings,
    open,
    async [Symbol.asyncDispose]() {
      for (const gateway of opened) await gateway.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

let made = 0
/** Makes an event of the run `run-1`. */
export function event<Type extends ClawEventType>(
  type: Type,
  data: ClawEventData[Type],
  more: Partial<Omit<ClawEvent, 'type' | 'data'>> = {},
): ClawEvent {
  const id = `event-${++made}`
  // The data belongs to the type.
  return { version: 1, id, ts: 1_760_000_000_000 + made, type, runId: 'run-1', data, ...more } as ClawEvent
}
