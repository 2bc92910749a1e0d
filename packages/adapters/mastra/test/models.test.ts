import { Mastra } from '@mastra/core'
import { Agent } from '@mastra/core/agent'
import type { MastraModelConfig } from '@mastra/core/llm'
import { InMemoryStore } from '@mastra/core/storage'
import { createTool } from '@mastra/core/tools'
import { createStep, createWorkflow } from '@mastra/core/workflows'
import { Observability } from '@mastra/observability'
import { type Claw, createClient } from '@pincer/core'
import { localGateway, type RunningGateway, startLocalGateway } from '@pincer/local-gateway'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'

import { PincerExporter } from '../src/exporter.ts'
import { PincerModelGateway } from '../src/models.ts'
import { drain } from './exporter-fixture.ts'
import { scriptedModel } from './exporter-model.ts'

let running: RunningGateway
let claw: Claw

beforeAll(async () => {
  running = await startLocalGateway({
    port: 0,
    databasePath: ':memory:',
    agents: [{ id: 'main' }, { id: 'clerk' }],
  })
})
afterAll(() => running.close())
beforeEach(() => {
  claw = createClient({ gateway: localGateway({ url: running.url }) })
})
afterEach(() => claw.close())

/** A Mastra whose agents have these models. */
function open(models: Readonly<Record<string, unknown>>, more: object = {}): Mastra {
  const exporter = new PincerExporter(claw)
  const configs = { default: { serviceName: 'test', exporters: [exporter], bridge: exporter } }
  const agents = Object.fromEntries(
    Object.entries(models).map(([id, model]) => [
      id,
      new Agent({ id, name: id, instructions: 'Be brief', model: model as MastraModelConfig }),
    ]),
  )
  return new Mastra({
    agents,
    gateways: { pincer: new PincerModelGateway({ claw }) },
    logger: false,
    storage: new InMemoryStore(),
    observability: new Observability({ configs }),
    ...more,
  })
}

describe('PincerModelGateway', () => {
  it.for(['pincer/main', 'pincer/clerk'])('makes %s the brain of an agent', async (model) => {
    const agent = open({ helper: model }).getAgent('helper')
    expect((await agent.generate('Say: three small waves')).text).toBe('three small waves')
    const output = await agent.stream('Say: three small waves')
    expect(await drain(output)).toContain('text-delta')
    expect(await output.text).toBe('three small waves')
  })

  it('puts the run of the agent under the request, and counts its usage once', async () => {
    const output = await open({ helper: 'pincer/main' }).getAgent('helper').generate('Say: hello')
    await claw.flush()
    const tree = await running.gateway.runs.get(String(output.runId))
    expect(tree?.children.map(({ agentId }) => agentId)).toEqual(['main'])
    const [child] = tree?.children ?? []
    expect(child?.usage.totalTokens).toBeGreaterThan(0)
    expect(tree?.totalUsage.totalTokens).toBe(child?.totalUsage.totalTokens)
    expect(tree?.actions[0]?.kind).toBe('model_call')
  })

  it('lists the agents of the gateway', async () => {
    expect(await new PincerModelGateway({ claw }).fetchProviders()).toMatchObject({
      pincer: { models: expect.arrayContaining(['main', 'clerk']), apiKeyEnvVar: [] },
    })
  })

  it('lists none, and throws nothing, while the gateway cannot be reached', async () => {
    const down = new PincerModelGateway({ gateway: localGateway({ url: 'http://127.0.0.1:9' }) })
    expect((await down.fetchProviders())['pincer']?.models).toEqual([])
  })

  it('tells of an agent that the gateway does not have', async () => {
    const agent = open({ helper: 'pincer/nobody' }).getAgent('helper')
    await expect(agent.generate('Hi', { modelSettings: { maxRetries: 0 } })).rejects.toThrow(/nobody/)
  })

  it('serves several gateways under names of their own', async () => {
    const office = new PincerModelGateway({ gateway: localGateway({ url: running.url }), name: 'office' })
    const agent = open({ helper: 'office/main' }, { gateways: { office } }).getAgent('helper')
    expect((await agent.generate('Say: hello')).text).toBe('hello')
  })

  it('takes ids of agents that contain a slash', () => {
    const gateway = new PincerModelGateway({ claw })
    const wanted = { providerId: 'team', modelId: 'clerk', apiKey: '' }
    expect(gateway.resolveLanguageModel(wanted)).toMatchObject({ modelId: 'team/clerk' })
  })

  it('refuses what is no gateway', () => {
    expect(() => new PincerModelGateway({})).toThrow(/gateway/)
  })

  it('lets an agent use tools of Mastra', async () => {
    const lookUp = createTool({
      id: 'look_up_order',
      description: 'Looks an order up',
      inputSchema: z.object({ id: z.string() }),
      execute: async ({ id }) => ({ id, status: 'shipped' }),
    })
    const agent = open({ helper: 'pincer/main' }).getAgent('helper')
    const output = await agent.generate('Look up order 1007, please.', {
      toolsets: { own: { look_up_order: lookUp } },
      maxSteps: 3,
    })
    expect(output.toolResults.map(({ payload }) => payload.result)).toEqual([
      { id: expect.any(String), status: 'shipped' },
    ])
    await claw.flush()
    const tree = await running.gateway.runs.get(String(output.runId))
    expect(tree?.actions.filter(({ kind }) => kind === 'tool_call')).toHaveLength(1)
  })
})

describe('a model of @pincer/ai-sdk', () => {
  // What the gateway gives Mastra is such a model.
  const direct = (): unknown =>
    new PincerModelGateway({ claw }).resolveLanguageModel({
      providerId: 'pincer',
      modelId: 'main',
      apiKey: '',
    })

  it('is taken directly', async () => {
    const agent = open({ helper: direct() }).getAgent('helper')
    expect((await agent.generate('Say: hello')).text).toBe('hello')
  })

  it('is cancelled with the call', async () => {
    const agent = open({ helper: direct() }).getAgent('helper')
    const abort = new AbortController()
    const output = await agent.stream('Tell a story. [[words:400]] [[slow:5]]', { abortSignal: abort.signal })
    for await (const chunk of output.fullStream) if (chunk.type === 'text-delta') abort.abort()
    await claw.flush()
    const tree = await running.gateway.runs.get(String(output.runId))
    expect(tree?.status).toBe('cancelled')
    expect(tree?.children.map(({ status }) => status)).toEqual(['cancelled'])
  })
})

describe("a gateway's agent", () => {
  it('is a tool of another agent', async () => {
    const clerk = new Agent({
      id: 'clerk',
      name: 'Clerk',
      description: 'Knows about orders',
      instructions: 'Help',
      model: 'pincer/main',
    })
    const boss = new Agent({
      id: 'boss',
      name: 'Boss',
      instructions: 'Delegate',
      model: scriptedModel([[{ name: 'agent-clerk', input: { prompt: 'Say: it is shipped' } }], 'Shipped!']),
      agents: { clerk },
    })
    const mastra = open({}, { agents: { boss, clerk } })
    const output = await mastra.getAgent('boss').generate('Where is it?')
    expect(output.text).toBe('Shipped!')
    await claw.flush()
    const tree = await running.gateway.runs.get(String(output.runId))
    const [below] = tree?.children ?? []
    expect(below?.agentId).toBe('clerk')
    expect(below?.parentActionId).toBe(tree?.actions.find(({ kind }) => kind === 'tool_call')?.actionId)
    expect(below?.children.map(({ agentId }) => agentId)).toEqual(['main'])
  })

  it('works in a workflow', async () => {
    const schema = z.object({ prompt: z.string() })
    const ask = createStep({
      id: 'ask',
      inputSchema: schema,
      outputSchema: z.object({ text: z.string() }),
      execute: async ({ inputData, mastra }) => {
        const { text } = await mastra.getAgent('helper').generate(inputData.prompt)
        return { text }
      },
    })
    const flow = createWorkflow({ id: 'flow', inputSchema: schema, outputSchema: ask.outputSchema })
      .then(ask)
      .commit()
    const mastra = open({ helper: 'pincer/main' }, { workflows: { flow } })
    const run = await mastra.getWorkflow('flow').createRun()
    expect(await run.start({ inputData: { prompt: 'Say: hello' } })).toMatchObject({
      result: { text: 'hello' },
    })
    await claw.flush()
    const tree = await running.gateway.runs.get(run.runId)
    const path = [
      tree,
      tree?.children[0],
      tree?.children[0]?.children[0],
      tree?.children[0]?.children[0]?.children[0],
    ]
    expect(path.map((each) => each?.name ?? each?.agentId)).toEqual(['flow', 'ask', 'helper', 'main'])
  })
})
