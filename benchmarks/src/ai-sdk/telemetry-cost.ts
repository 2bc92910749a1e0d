import { pincerTelemetry } from '@pincer/ai-sdk'
import { createClient } from '@pincer/core'
import { localGateway } from '@pincer/local-gateway'
import { generateText, isStepCount, streamText, type Telemetry, tool } from 'ai'
import { z } from 'zod'

import { startGateway } from '../gateways.ts'
import { takesAll } from '../langchain/takes-all.ts'
import { timeInRounds } from '../rounds.ts'
import type { Row } from '../table.ts'
import { cannedModel as model, piecesPerStream } from './canned-model.ts'
import { measureProvider } from './provider-cost.ts'

const rounds = 41

const add = tool({
  description: 'Adds.',
  inputSchema: z.object({ a: z.number(), b: z.number() }),
  execute: ({ a, b }) => a + b,
})

type Settings = { readonly isEnabled: boolean } | { readonly integrations: Telemetry[] }

/** What is done over and over: how often in a round, how many units of work each is, and the work. */
interface Work {
  readonly what: string
  readonly times: number
  readonly units: number
  readonly run: (telemetry: Settings) => Promise<unknown>
}

const works: readonly Work[] = [
  {
    what: 'generateText',
    times: 200,
    units: 1,
    run: (telemetry) => generateText({ model, prompt: 'One and two?', telemetry }),
  },
  {
    what: 'generateText, one tool call',
    times: 100,
    units: 1,
    run: (telemetry) =>
      generateText({ model, prompt: 'One and two?', tools: { add }, stopWhen: isStepCount(3), telemetry }),
  },
  {
    what: 'piece of streamText',
    times: 2,
    units: piecesPerStream,
    async run(telemetry) {
      for await (const _ of streamText({ model, prompt: 'Write.', telemetry }).textStream) void _
    },
  },
]

/**
 * What our telemetry adds to a call and to a piece of a stream, and what our provider takes for a part.
 *
 * The AI SDK itself works more as soon as there is any telemetry: an integration of the same hooks that do nothing shows how much.
 */
export async function measureAiSdk(): Promise<Row[]> {
  const gateway = await startGateway()
  const claw = createClient({ gateway: localGateway({ url: gateway.url }) })
  const recorder = createClient({ gateway: takesAll })
  const variants: Record<string, Settings> = {
    bare: { isEnabled: false },
    'hooks that do nothing': { integrations: [idleLike(pincerTelemetry(recorder))] },
    'pincer, gateway up': { integrations: [pincerTelemetry(claw)] },
    'pincer, recording alone': { integrations: [pincerTelemetry(recorder)] },
  }
  const flush = (): Promise<unknown> => Promise.all([claw.flush(), recorder.flush()])
  try {
    const rows: Row[] = []
    for (const work of works) rows.push(...(await compare(work, variants, flush)))
    return [...rows, ...(await measureProvider())]
  } finally {
    await Promise.all([claw.close(), recorder.close()])
    gateway.stop()
  }
}

async function compare(
  { what, times, units, run }: Work,
  variants: Record<string, Settings>,
  settle: () => Promise<unknown>,
): Promise<Row[]> {
  const rounded = Object.fromEntries(
    Object.entries(variants).map(([name, telemetry]) => [
      name,
      async () => {
        for (let index = 0; index < times; index++) await run(telemetry)
      },
    ]),
  )
  const timings = await timeInRounds(rounded, rounds, times * units, settle)
  return timings.map(({ name, medianUs, addedUs, ratio }, index) => ({
    what: `AI SDK: ${what}`,
    variant: name,
    value: `${medianUs.toFixed(2)} µs`,
    added: index === 0 ? '' : `${addedUs.toFixed(2)} µs`,
    ratio: index === 0 ? '' : ratio.toFixed(3),
  }))
}

/** The same hooks, which do nothing. */
function idleLike(telemetry: Telemetry): Telemetry {
  return Object.fromEntries(
    Object.keys(telemetry).map((name) => [
      name,
      name.startsWith('execute') ? ({ execute }: { execute: () => unknown }) => execute() : () => {},
    ]),
  )
}
