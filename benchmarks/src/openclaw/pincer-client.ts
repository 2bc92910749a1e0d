import { OpenClaw } from '@pincer/openclaw'

import type { MeasuredClient } from './bare-clients.ts'

/** How much of the client takes part. */
export type Reading = 'raw events' | 'normalized, nobody reads' | 'normalized, one reader'

/** Our client, reading events as an app would. */
export async function openPincer(url: string, reading: Reading): Promise<MeasuredClient> {
  const oc = new OpenClaw({
    url,
    token: 'benchmark',
    scopes: ['operator.read'],
    normalize: reading !== 'raw events',
  })
  await oc.connect()
  const count = async (events: AsyncIterable<unknown>, listener: () => void): Promise<void> => {
    for await (const _ of events) listener()
  }
  return {
    request: (method, params) => oc.request(method, params),
    onEvent: (listener) => {
      void count(reading === 'normalized, one reader' ? oc.events() : oc.rawEvents(), listener)
    },
    close: () => oc.close(),
  }
}
