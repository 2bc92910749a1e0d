import type { Anthropic } from '@anthropic-ai/sdk'
import { pincerMiddleware, wrapAnthropic } from '@pincer/anthropic'
import { type ClientOptions, createClient } from '@pincer/core'
import { localGateway } from '@pincer/local-gateway'

import { startGateway } from '../gateways.ts'
import { timeInRounds } from '../rounds.ts'
import type { Row } from '../table.ts'
import { piecesPerStream } from './canned-messages.ts'
import { makeAnthropic, request } from './messages-client.ts'

const rounds = 21
const callsPerRound = 400
const streamsPerRound = 6

// What recording alone costs shows where delivering costs nothing.
const takesAll: ClientOptions['gateway'] = {
  name: 'takes all',
  events: { append: async (events) => events.map(({ id }) => ({ id, status: 'accepted' })) },
  close: async () => {},
}

/** What the wrapper and the middleware add to a call, and to an event of a stream. */
export async function measureAnthropic(): Promise<Row[]> {
  const gateway = await startGateway()
  const claw = createClient({ gateway: localGateway({ url: gateway.url }) })
  const recorder = createClient({ gateway: takesAll })
  const bare = makeAnthropic()
  const clients: Record<string, Anthropic> = {
    bare,
    'wrapped, gateway up': wrapAnthropic(bare, claw),
    'wrapped, recording alone': wrapAnthropic(bare, recorder),
    'middleware, gateway up': makeAnthropic({ middleware: [pincerMiddleware(claw)] }),
    'idle middleware': makeAnthropic({
      middleware: [(sent: never, next: (sent: never) => unknown) => next(sent)],
    }),
  }
  const compare = async (what: string, units: number, work: Work): Promise<Row[]> => {
    const variants = Object.fromEntries(
      Object.entries(clients).map(([name, client]) => [name, () => work(client, units)]),
    )
    const timings = await timeInRounds(variants, rounds, units, () => claw.flush())
    return timings.map((timing) => ({
      what: `Anthropic: ${what}`,
      variant: timing.name,
      value: `${timing.medianUs.toFixed(2)} µs`,
      added: timing.name === 'bare' ? '' : `${timing.addedUs.toFixed(2)} µs`,
      ratio: timing.name === 'bare' ? '' : timing.ratio.toFixed(3),
    }))
  }
  try {
    return [
      ...(await compare('call, one after the other', callsPerRound, sequentially)),
      ...(await compare('call, 64 at a time', callsPerRound, concurrently)),
      ...(await compare('event of a stream', streamsPerRound * piecesPerStream, streams)),
    ]
  } finally {
    gateway.stop()
  }
}

type Work = (client: Anthropic, units: number) => Promise<void>

const sequentially: Work = async (client, units) => {
  for (let index = 0; index < units; index++) await client.messages.create(request)
}

const concurrently: Work = async (client, units) => {
  let left = units
  const worker = async (): Promise<void> => {
    while (left-- > 0) await client.messages.create(request)
  }
  await Promise.all(Array.from({ length: 64 }, worker))
}

const streams: Work = async (client, units) => {
  for (let index = 0; index < units / piecesPerStream; index++)
    for await (const event of await client.messages.create({ ...request, stream: true })) void event
}
