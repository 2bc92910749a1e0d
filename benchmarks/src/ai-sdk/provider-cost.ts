import { createPincer, type PincerProviderSettings } from '@pincer/ai-sdk'

import { timeInRounds } from '../rounds.ts'
import type { Row } from '../table.ts'
import { cannedModel, type Model, piecesPerStream } from './canned-model.ts'

const rounds = 41
const streamsPerRound = 5

type Gateway = NonNullable<PincerProviderSettings['gateway']>
type GatewayRun = Awaited<ReturnType<NonNullable<Gateway['agents']>['run']>>
type ClawEvent = ReturnType<GatewayRun['events']> extends AsyncIterable<infer Each> ? Each : never

const runId = 'run_1'
// As a gateway told them: a run that writes as many pieces as the canned stream has.
const events: readonly ClawEvent[] = [
  { type: 'run.started', data: { name: 'main' } } as const,
  ...Array.from(
    { length: piecesPerStream },
    (_, index) => ({ type: 'assistant.delta', data: { delta: `word${index} ` } }) as const,
  ),
  { type: 'run.completed', data: { stopReason: 'stop' } } as const,
].map((event, index) => ({
  version: 1,
  id: `event_${index}`,
  ts: 1_760_000_000_000 + index,
  runId,
  seq: index + 1,
  ...event,
}))

/** A gateway that tells the events of a run again. */
const replaying: Gateway = {
  name: 'replaying',
  agents: {
    takes: [],
    list: async () => [{ agentId: 'main' }],
    get: async () => undefined,
    run: async () => ({
      runId,
      async *events() {
        yield* events
      },
      wait: async () => ({ runId, status: 'completed', stopReason: 'stop' }),
      cancel: async () => {},
    }),
  },
  close: async () => {},
}

/** What our provider takes to make a part of an event, beside a provider that yields parts it has. */
export async function measureProvider(): Promise<Row[]> {
  const models: Record<string, Pick<Model, 'doStream'>> = {
    'canned parts': cannedModel,
    'pincer, replayed events': createPincer({ gateway: replaying })('main'),
  }
  const variants = Object.fromEntries(
    Object.entries(models).map(([name, model]) => [
      name,
      async () => {
        for (let index = 0; index < streamsPerRound; index++) await readParts(model)
      },
    ]),
  )
  const timings = await timeInRounds(variants, rounds, streamsPerRound * piecesPerStream, async () => {})
  return timings.map(({ name, medianUs, addedUs, ratio }, index) => ({
    what: 'AI SDK: part of a provider',
    variant: name,
    value: `${medianUs.toFixed(2)} µs`,
    added: index === 0 ? '' : `${addedUs.toFixed(2)} µs`,
    ratio: index === 0 ? '' : ratio.toFixed(3),
  }))
}

async function readParts(model: Pick<Model, 'doStream'>): Promise<void> {
  const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Write.' }] }]
  const reader = (await model.doStream({ prompt })).stream.getReader()
  let pieces = 0
  for (let read = await reader.read(); !read.done; read = await reader.read())
    if (read.value.type === 'text-delta') pieces++
  if (pieces !== piecesPerStream) throw new Error(`expected ${piecesPerStream} pieces, read ${pieces}`)
}
