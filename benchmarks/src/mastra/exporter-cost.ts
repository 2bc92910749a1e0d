import { Mastra } from '@mastra/core'
import { Agent } from '@mastra/core/agent'
import type { ObservabilityExporter } from '@mastra/core/observability'
import { InMemoryStore } from '@mastra/core/storage'
import { createTool } from '@mastra/core/tools'
import { MastraStorageExporter, Observability } from '@mastra/observability'
import { createClient } from '@pincer/core'
import { localGateway } from '@pincer/local-gateway'
import { PincerExporter } from '@pincer/mastra/exporter'
import { z } from 'zod'

import { startGateway } from '../gateways.ts'
import { takesAll } from '../langchain/takes-all.ts'
import { timeInRounds } from '../rounds.ts'
import type { Row } from '../table.ts'
import { cannedModel as model } from './canned-model.ts'

const rounds = 31
const runsPerRound = 25

const add = createTool({
  id: 'add',
  description: 'Adds.',
  inputSchema: z.object({ a: z.number(), b: z.number() }),
  execute: async ({ a, b }) => ({ sum: a + b }),
})

/** An exporter that does nothing: what is left is what Mastra does itself as soon as anybody watches. */
const idle: ObservabilityExporter = {
  name: 'idle',
  onTracingEvent: () => {},
  exportTracingEvent: async () => {},
  flush: async () => {},
  shutdown: async () => {},
}

/**
 * What our exporter adds to an agent's run with one tool, next to the one that Mastra keeps its own traces with.
 *
 * Mastra works more as soon as it is watched: an exporter that does nothing shows how much.
 */
export async function measureMastra(): Promise<Row[]> {
  // Mastra counts how it is used, unless it is told not to.
  process.env['MASTRA_TELEMETRY_DISABLED'] = '1'
  const gateway = await startGateway()
  const claw = createClient({ gateway: localGateway({ url: gateway.url }) })
  const recorder = createClient({ gateway: takesAll })
  const agents: Record<string, Agent> = {
    bare: open(undefined),
    'an exporter that does nothing': open(idle),
    "Mastra's own, in memory": open(new MastraStorageExporter()),
    'pincer, gateway up': open(new PincerExporter(claw)),
    'pincer, recording alone': open(new PincerExporter(recorder)),
    'pincer, recording alone, as bridge too': open(new PincerExporter(recorder), true),
  }
  const variants = Object.fromEntries(
    Object.entries(agents).map(([name, agent]) => [
      name,
      async () => {
        for (let index = 0; index < runsPerRound; index++) await agent.generate('One and two?')
      },
    ]),
  )
  const flush = (): Promise<unknown> => Promise.all([claw.flush(), recorder.flush()])
  try {
    const timings = await timeInRounds(variants, rounds, runsPerRound, flush)
    return timings.map(({ name, medianUs, addedUs, ratio }, index) => ({
      what: "Mastra: an agent's run, one tool call",
      variant: name,
      value: `${medianUs.toFixed(0)} µs`,
      added: index === 0 ? '' : `${addedUs.toFixed(0)} µs`,
      ratio: index === 0 ? '' : ratio.toFixed(3),
    }))
  } finally {
    await Promise.all([claw.close(), recorder.close()])
    gateway.stop()
  }
}

function open(exporter: ObservabilityExporter | undefined, isBridge = false): Agent {
  const agent = new Agent({ id: 'calc', name: 'calc', instructions: 'Add', model, tools: { add } })
  const bridge = isBridge && exporter instanceof PincerExporter ? { bridge: exporter } : {}
  const configs = exporter && { default: { serviceName: 'bench', exporters: [exporter], ...bridge } }
  const mastra = new Mastra({
    agents: { agent },
    logger: false,
    storage: new InMemoryStore(),
    ...(configs && { observability: new Observability({ configs }) }),
  })
  return mastra.getAgent('agent')
}
