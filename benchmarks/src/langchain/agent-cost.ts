import { RunCollectorCallbackHandler } from '@langchain/core/tracers/run_collector'
import { createClient } from '@pincer/core'
import { PincerCallbackHandler } from '@pincer/langchain'
import { localGateway } from '@pincer/local-gateway'

import { startGateway } from '../gateways.ts'
import { timeInRounds } from '../rounds.ts'
import type { Row } from '../table.ts'
import { measureAbandonedStreams } from './abandoned-streams.ts'
import { type Callbacks, runAgent, streamModel, tokensPerStream } from './scripted-agent.ts'
import { takesAll } from './takes-all.ts'

const rounds = 31
const runsPerRound = 60
const streamsPerRound = 4

/** A handler of LangChain that does nothing, to tell the price of being called from the price of recording. */
const idle = { name: 'idle', awaitHandlers: true, copy: (): unknown => idle, ...noHooks() }

/**
 * What our callback handler adds to an agent run and to a token of a stream, and what abandoned streams leave behind.
 *
 * LangChain itself works more as soon as it is given callbacks, an empty list of them too: no handler can cost less than
 * that. What comes on top is the price of being called, and then of what the handler does. LangChain's own collector of
 * runs, which only keeps them, stands for what the tracers built on it cost at least.
 */
export async function measureLangChain(): Promise<Row[]> {
  const gateway = await startGateway()
  const claw = createClient({ gateway: localGateway({ url: gateway.url }) })
  const recorder = createClient({ gateway: takesAll })
  const withoutValues = createClient({ gateway: takesAll, recordInputs: false, recordOutputs: false })
  const unsampled = createClient({ gateway: takesAll, sample: 0 })
  const collector = new RunCollectorCallbackHandler()
  const variants: Record<string, Callbacks> = {
    bare: undefined,
    'callbacks: [], no handler': [],
    'a handler that does nothing': [idle as never],
    'the run collector of LangChain': [collector],
    'pincer, gateway up': [new PincerCallbackHandler(claw)],
    'pincer, recording alone': [new PincerCallbackHandler(recorder)],
  }
  // What our own share is made of, without the price of being called.
  const parts: Record<string, Callbacks> = {
    'a handler that does nothing': [idle as never],
    'pincer, finding places only (sample: 0)': [new PincerCallbackHandler(unsampled)],
    'pincer, and events without values': [new PincerCallbackHandler(withoutValues)],
    'pincer, and their inputs and outputs': variants['pincer, recording alone'],
  }
  const clients = [claw, recorder, withoutValues, unsampled]
  const flush = (): Promise<unknown> => {
    collector.tracedRuns = []
    return Promise.all(clients.map((client) => client.flush()))
  }
  try {
    return [
      ...(await compare('agent run, one tool call', variants, runsPerRound, 1, runAgent, flush)),
      ...(await compare('own share of an agent run', parts, runsPerRound, 1, runAgent, flush)),
      ...(await compare('token of a stream', variants, streamsPerRound, tokensPerStream, streamModel, flush)),
      ...(await measureAbandonedStreams()),
    ]
  } finally {
    await Promise.all(clients.map((client) => client.close()))
    gateway.stop()
  }
}

async function compare(
  what: string,
  variants: Record<string, Callbacks>,
  times: number,
  unitsEach: number,
  work: (callbacks: Callbacks) => Promise<void>,
  settle: () => Promise<unknown>,
): Promise<Row[]> {
  const works = Object.fromEntries(
    Object.entries(variants).map(([name, callbacks]) => [
      name,
      async () => {
        for (let index = 0; index < times; index++) await work(callbacks)
      },
    ]),
  )
  const timings = await timeInRounds(works, rounds, times * unitsEach, settle)
  return timings.map(({ name, medianUs, addedUs, ratio }, index) => ({
    what: `LangChain: ${what}`,
    variant: name,
    value: `${medianUs.toFixed(2)} µs`,
    added: index === 0 ? '' : `${addedUs.toFixed(2)} µs`,
    ratio: index === 0 ? '' : ratio.toFixed(3),
  }))
}

function noHooks(): Record<string, () => void> {
  const names = ['ChainStart', 'ChainEnd', 'ChatModelStart', 'LLMNewToken', 'LLMEnd', 'ToolStart', 'ToolEnd']
  return Object.fromEntries(names.map((name) => [`handle${name}`, () => {}]))
}
