import { Mastra } from '@mastra/core'
import { Agent } from '@mastra/core/agent'
import { InMemoryStore } from '@mastra/core/storage'
import { createTool } from '@mastra/core/tools'
import { Observability } from '@mastra/observability'
import { type Claw, createClient } from '@pincer/core'
import type { ClawEvent, ClawEventOf, ClawEventType, Gateway, JsonObject } from '@pincer/protocol'
import { createFakeGateway } from '@pincer/testing'
import { afterEach } from 'vitest'
import { z } from 'zod'

import { PincerExporter, type PincerExporterOptions } from '../src/exporter.ts'
import { scriptedModel, type Turn } from './exporter-model.ts'

process.env['MASTRA_TELEMETRY_DISABLED'] = '1'

/** A Mastra that is watched. */
export interface Watched {
  readonly claw: Claw
  readonly exporter: PincerExporter
  readonly mastra: Mastra
  readonly agent: Agent
  /** What went to `onError`. */
  readonly faults: readonly unknown[]
  /** Everything that was recorded so far, in the order of each run. */
  readonly recorded: () => Promise<readonly ClawEvent[]>
}

/** How Mastra is watched. */
export interface WatchOptions {
  readonly claw?: Claw
  readonly gateway?: Gateway & { readonly kept: readonly ClawEvent[] }
  readonly exporter?: PincerExporterOptions
  readonly tools?: Record<string, unknown>
  readonly agents?: Record<string, Agent>
  readonly model?: unknown
  readonly hooks?: unknown
  /** False leaves the bridge out. */
  readonly bridge?: boolean
  readonly config?: object
  readonly mastra?: object
}

const clients: Claw[] = []

afterEach(async () => {
  for (const claw of clients.splice(0)) await claw.close({ timeoutMs: 100 })
})

/** Opens a Mastra with an agent `calc` that answers by a script. */
export function watch(turns: readonly Turn[], options: WatchOptions = {}): Watched {
  const { gateway = createFakeGateway(), tools = {}, agents = {}, hooks, bridge = true } = options
  const faults: unknown[] = []
  const claw = options.claw ?? createClient({ gateway, onError: (error) => faults.push(error) })
  clients.push(claw)
  const exporter = new PincerExporter(claw, options.exporter)
  let { model } = options
  if (model === undefined) model = scriptedModel(turns)
  const config = {
    id: 'calc',
    name: 'Calculator',
    instructions: 'Be brief',
    model,
    tools,
    agents,
    ...(hooks !== undefined && { hooks }),
  }
  // The compiler gives up on the whole type.
  const agent = new Agent(
    config as object as { id: string; name: string; instructions: string; model: string },
  )
  const watching = { serviceName: 'test', exporters: [exporter], ...(bridge && { bridge: exporter }) }
  const mastra = new Mastra({
    agents: { calc: agent, ...agents },
    storage: new InMemoryStore(),
    logger: false,
    observability: new Observability({ configs: { default: { ...watching, ...options.config } } }),
    ...options.mastra,
  })
  const recorded = async (): Promise<readonly ClawEvent[]> => {
    await claw.flush({ timeoutMs: 5000 })
    return gateway.kept
  }
  return { claw, exporter, mastra, agent: mastra.getAgent('calc'), faults, recorded }
}

/** The events of one type. */
export function of<Type extends ClawEventType>(
  events: readonly ClawEvent[],
  type: Type,
): readonly ClawEventOf<Type>[] {
  // The filter compares the type.
  return events.filter((event) => event.type === type) as readonly ClawEvent[] as readonly ClawEventOf<Type>[]
}

/** The one event of a type. */
export function only<Type extends ClawEventType>(
  events: readonly ClawEvent[],
  type: Type,
): ClawEventOf<Type> {
  const found = of(events, type)
  const [event] = found
  if (event === undefined || found.length > 1)
    throw new Error(`expected one ${type} among ${events.map((each) => each.type).join(', ')}`)
  return event
}

/** The types of the events of a run, in their order. */
export function typesOf(events: readonly ClawEvent[], runId: string | undefined): readonly string[] {
  return events
    .filter((event) => event.runId === runId)
    .toSorted((left, right) => (left.seq ?? 0) - (right.seq ?? 0))
    .map(({ type }) => type)
}

/** Reads a stream of Mastra's to its end; gives back the types of its chunks. */
export async function drain(output: {
  readonly fullStream: AsyncIterable<{ type: string }>
}): Promise<string[]> {
  const types: string[] = []
  for await (const { type } of output.fullStream) types.push(type)
  return types
}

/** Adds two numbers. */
export const add: object = createTool({
  id: 'add',
  description: 'Adds two numbers',
  inputSchema: z.object({ a: z.number(), b: z.number() }),
  execute: async ({ a, b }) => ({ sum: a + b }),
})

/** Metadata of a run, as it was recorded. */
export function metadataOf(event: ClawEventOf<'run.started'>): JsonObject {
  return event.data.metadata ?? {}
}
