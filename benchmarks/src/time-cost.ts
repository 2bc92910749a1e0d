import { call, makeClients, type Pair, stream } from './clients.ts'
import { piecesPerStream, startCannedModel } from './canned-model.ts'
import { startGateway } from './gateways.ts'
import { median, timeInRounds } from './rounds.ts'
import type { Row } from './table.ts'

const rounds = 21
const callsPerRound = 400
const streamsPerRound = 6

/** What recording adds to a call, to a chunk and to the wait for the first chunk, with the gateway up. */
export async function measureTime(): Promise<Row[]> {
  const gateway = await startGateway()
  const { url, server } = await startCannedModel()
  try {
    const inProcess = makeClients(gateway.url)
    const overLoopback = makeClients(gateway.url, url)
    return [
      ...(await compare('call, one after the other', inProcess, rounds, callsPerRound, sequentially)),
      ...(await compare('call, 64 at a time', inProcess, rounds, callsPerRound, concurrently)),
      ...(await compare(
        'call over loopback, one after the other',
        overLoopback,
        rounds,
        callsPerRound / 2,
        sequentially,
      )),
      ...(await compare('chunk of a stream', inProcess, rounds, streamsPerRound * piecesPerStream, streams)),
      ...(await compareFirstChunk(overLoopback)),
    ]
  } finally {
    gateway.stop()
    server.close()
    server.closeAllConnections()
  }
}

type Work = (openai: Pair['bare'], units: number) => Promise<void>

const sequentially: Work = async (openai, units) => {
  for (let index = 0; index < units; index++) await call(openai)
}

const concurrently: Work = async (openai, units) => {
  let left = units
  const worker = async (): Promise<void> => {
    while (left-- > 0) await call(openai)
  }
  await Promise.all(Array.from({ length: 64 }, worker))
}

const streams: Work = async (openai, units) => {
  for (let index = 0; index < units / piecesPerStream; index++) await stream(openai)
}

async function compare(what: string, pair: Pair, times: number, units: number, work: Work): Promise<Row[]> {
  const variants = {
    bare: () => work(pair.bare, units),
    'wrapped, gateway up': () => work(pair.wrapped, units),
    'wrapped, recording alone': () => work(pair.recording, units),
  }
  const timings = await timeInRounds(variants, times, units, () => pair.claw.flush())
  return timings.map((timing) => ({
    what,
    variant: timing.name,
    value: `${timing.medianUs.toFixed(2)} µs`,
    added: timing.name === 'bare' ? '' : `${timing.addedUs.toFixed(2)} µs`,
    ratio: timing.name === 'bare' ? '' : timing.ratio.toFixed(3),
  }))
}

async function compareFirstChunk(pair: Pair): Promise<Row[]> {
  const firsts: Record<'bare' | 'wrapped', number[]> = { bare: [], wrapped: [] }
  for (let round = -5; round < 40; round++) {
    for (const name of ['bare', 'wrapped'] as const) {
      const ms = await stream(pair[name])
      if (round >= 0) firsts[name].push(ms * 1_000)
    }
  }
  const bare = median(firsts.bare)
  const wrapped = median(firsts.wrapped)
  const row = { what: 'first chunk over loopback' }
  return [
    { ...row, variant: 'bare', value: `${bare.toFixed(0)} µs`, added: '', ratio: '' },
    {
      ...row,
      variant: 'wrapped',
      value: `${wrapped.toFixed(0)} µs`,
      added: `${(wrapped - bare).toFixed(0)} µs`,
      ratio: (wrapped / bare).toFixed(3),
    },
  ]
}
