import type { ClawEvent, RunResult } from '@pincer/protocol'
import { expect, onTestFinished } from 'vitest'
import type { LocalGatewayOptions } from '../src/options.ts'
import type { LocalService } from '../src/service.ts'
import type { RegisteredTool } from '../src/tools/registered-tool.ts'
import { type FakeAnswer, type FakeModel, startFakeModel } from './fake-model.ts'
import { type Caller, startCaller } from './gateway-caller.ts'

/** A tool that adds `a` and `b`. */
export const addTool: RegisteredTool = {
  name: 'math.add',
  inputSchema: {
    type: 'object',
    properties: { a: { type: 'number' }, b: { type: 'number' } },
    required: ['a', 'b'],
  },
  execute: ({ a, b }) => Number(a) + Number(b),
}

/** Starts a gateway that ends with the test. */
export async function start(options: LocalGatewayOptions = {}): Promise<Caller> {
  const caller = await startCaller(options)
  onTestFinished(() => caller.close())
  return caller
}

/** Starts a scripted model that ends with the test. */
export async function startModel(script: Parameters<typeof startFakeModel>[0]): Promise<FakeModel> {
  const model = await startFakeModel(script)
  onTestFinished(() => model.close())
  return model
}

/** Starts a gateway whose agents use a scripted model. */
export async function startWith(
  script: Parameters<typeof startFakeModel>[0],
  options: LocalGatewayOptions = {},
): Promise<{ caller: Caller; model: FakeModel; service: LocalService }> {
  const model = await startModel(script)
  const caller = await start({ model: { baseUrl: model.baseUrl, apiKey: 'key', name: 'fake-1' }, ...options })
  return { caller, model, service: caller.service }
}

/** An answer of the model that calls one tool. */
export function toolCall(id: string, name: string, input: unknown): FakeAnswer {
  return { toolCalls: [{ id, name, arguments: JSON.stringify(input) }] }
}

/** Starts a run over HTTP. */
export async function startRun(
  caller: Caller,
  body: object,
  agentId = 'main',
): Promise<{ runId: string; sessionKey: string }> {
  const answer = await caller.post(`/v1/agents/${agentId}/runs`, body)
  expect(answer.status).toBe(202)
  return answer.body
}

/** Waits for the outcome of a run over HTTP. */
export async function resultOf(caller: Caller, runId: string): Promise<RunResult> {
  return (await caller.call<RunResult>('GET', `/v1/runs/${runId}/wait`)).body
}

/** Reads the events of a run over HTTP. */
export async function eventsOf(caller: Caller, runId: string): Promise<readonly ClawEvent[]> {
  const path = `/v1/runs/${runId}/events?limit=1000`
  return (await caller.call<{ items: ClawEvent[] }>('GET', path)).body.items
}

/** The types of events, in order. */
export function typesOf(events: readonly ClawEvent[]): string[] {
  return events.map((event) => event.type)
}

/** Checks what must be true of the events of every run that ended. */
export function checkStory(events: readonly ClawEvent[]): void {
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1))
  expect(new Set(events.map((event) => event.id)).size).toBe(events.length)
  const terminal = events.filter(({ type }) => /^run\.(completed|failed|cancelled|timed_out)$/.test(type))
  expect(terminal).toHaveLength(1)
  expect(events.at(-1)).toBe(terminal[0])
  for (const kind of ['model', 'tool']) {
    const started = actionsOf(events, new RegExp(`^${kind}\\.call\\.started$`))
    const ended = actionsOf(events, new RegExp(`^${kind}\\.call\\.(completed|failed)$`))
    expect(ended).toHaveLength(started.length)
    expect(new Set(ended)).toEqual(new Set(started))
  }
}

function actionsOf(events: readonly ClawEvent[], pattern: RegExp): (string | undefined)[] {
  return events.filter(({ type }) => pattern.test(type)).map(({ actionId }) => actionId)
}
