import { timeInRounds } from '../rounds.ts'
import type { Row } from '../table.ts'
import { type MeasuredClient, openReference, openSocket } from './bare-clients.ts'
import { startFastGateway } from './gateway-process.ts'
import { openPincer } from './pincer-client.ts'

const rounds = 21
const requestsPerRound = 640
const runsPerRound = 40
const eventsPerRun = 100

/** What our OpenClaw client adds to round trips and to events, against the reference client and a bare socket. */
export async function measureOpenClaw(): Promise<Row[]> {
  const gateway = await startFastGateway()
  const clients: Record<string, MeasuredClient> = {
    'reference client': await openReference(gateway.url),
    'bare ws': await openSocket(gateway.url),
    'pincer, raw events': await openPincer(gateway.url, 'raw events'),
    'pincer, normalized, nobody reads': await openPincer(gateway.url, 'normalized, nobody reads'),
    'pincer, normalized, one reader': await openPincer(gateway.url, 'normalized, one reader'),
  }
  const counters = new Map<MeasuredClient, EventCounter>()
  for (const client of Object.values(clients)) counters.set(client, new EventCounter(client))
  try {
    const requesting = pick(clients, ['reference client', 'bare ws', 'pincer, raw events'])
    return [
      ...(await compare('round trip, 1 in flight', requesting, requestsPerRound / 4, (client, units) =>
        requestAll(client, units, 1),
      )),
      ...(await compare('round trip, 64 in flight', requesting, requestsPerRound, (client, units) =>
        requestAll(client, units, 64),
      )),
      ...(await compare('event', clients, runsPerRound * eventsPerRun, async (client, units) => {
        const arrived = counters.get(client)?.next(units)
        await client.request('bench.events', { runs: runsPerRound, eventsPerRun })
        await arrived
      })),
    ]
  } finally {
    await Promise.all(Object.values(clients).map((client) => client.close()))
    gateway.stop()
  }
}

/** Tells when so many more events have arrived. */
class EventCounter {
  #left = 0
  #done: (() => void) | undefined

  constructor(client: MeasuredClient) {
    client.onEvent(() => {
      this.#left -= 1
      if (this.#left <= 0) this.#done?.()
    })
  }

  next(count: number): Promise<void> {
    this.#left = count
    return new Promise((resolve) => {
      this.#done = resolve
    })
  }
}

function pick(
  clients: Record<string, MeasuredClient>,
  names: readonly string[],
): Record<string, MeasuredClient> {
  return Object.fromEntries(Object.entries(clients).filter(([name]) => names.includes(name)))
}

async function requestAll(client: MeasuredClient, units: number, inFlight: number): Promise<void> {
  let left = units
  const worker = async (): Promise<void> => {
    while (left-- > 0) await client.request('health', {})
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
}

async function compare(
  what: string,
  clients: Record<string, MeasuredClient>,
  units: number,
  work: (client: MeasuredClient, units: number) => Promise<void>,
): Promise<Row[]> {
  const variants = Object.fromEntries(
    Object.entries(clients).map(([name, client]) => [name, () => work(client, units)]),
  )
  const timings = await timeInRounds(variants, rounds, units, async () => {})
  return timings.map((timing, index) => ({
    what: `OpenClaw: ${what}`,
    variant: timing.name,
    value: `${timing.medianUs.toFixed(2)} µs`,
    added: index === 0 ? '' : `${timing.addedUs.toFixed(2)} µs`,
    ratio: index === 0 ? '' : timing.ratio.toFixed(3),
  }))
}
