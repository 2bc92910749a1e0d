import { createStep, createWorkflow } from '@mastra/core/workflows'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { drain, metadataOf, of, only, typesOf, watch } from './exporter-fixture.ts'

const inputSchema = z.object({ text: z.string() })
const outputSchema = inputSchema

const shout = createStep({
  id: 'shout',
  inputSchema,
  outputSchema,
  execute: async ({ inputData }) => ({ text: inputData.text.toUpperCase() }),
})

const askAgent = createStep({
  id: 'ask-agent',
  inputSchema,
  outputSchema,
  execute: async ({ inputData, mastra, tracingContext }) => {
    const { text } = await mastra
      .getAgent('calc')
      .generate(inputData.text, { tracingContext: tracingContext ?? {} })
    return { text }
  },
})

const askPerson = createStep({
  id: 'ask-person',
  inputSchema,
  outputSchema,
  suspendSchema: z.object({ question: z.string() }),
  resumeSchema: z.object({ ok: z.boolean() }),
  execute: async ({ inputData, resumeData, suspend }) =>
    resumeData === undefined ? suspend({ question: 'Fine?' }) : inputData,
})

const breakDown = createStep({
  id: 'break-down',
  inputSchema,
  outputSchema,
  execute: async () => {
    throw new TypeError('broken on purpose')
  },
})

const wait = createStep({
  id: 'wait',
  inputSchema,
  outputSchema,
  execute: async ({ inputData, abortSignal }) => {
    await new Promise((resolve) => abortSignal.addEventListener('abort', resolve))
    return inputData
  },
})

function open(...steps: readonly object[]): ReturnType<typeof watch> {
  let flow = createWorkflow({ id: 'flow', inputSchema, outputSchema })
  // Every step takes a text and gives one.
  for (const step of steps) flow = flow.then(step as typeof shout) as typeof flow
  flow.commit()
  return watch(['fine'], { mastra: { workflows: { flow } } })
}

describe('workflows', () => {
  it('are runs, and so are their steps and the agents in them', async () => {
    const { mastra, recorded } = open(shout, askAgent)
    const run = await mastra.getWorkflow('flow').createRun()
    const { status } = await run.start({ inputData: { text: 'hi' } })
    expect(status).toBe('success')
    const events = await recorded()
    const runs = of(events, 'run.started')
    expect(runs.map(({ data }) => [data.name, data.metadata?.['operation']])).toEqual([
      ['flow', 'workflow_run'],
      ['shout', 'workflow_step'],
      ['ask-agent', 'workflow_step'],
      ['Calculator', 'agent_run'],
    ])
    const [flow, first, second, agent] = runs
    expect(flow?.runId).toBe(run.runId)
    expect(first?.parentRunId).toBe(flow?.runId)
    expect(second?.parentRunId).toBe(flow?.runId)
    expect(agent?.parentRunId).toBe(second?.runId)
    expect(only(events, 'model.call.started').runId).toBe(agent?.runId)
    expect(of(events, 'run.completed').map(({ data }) => data.output)).toEqual([
      { text: 'HI' },
      'fine',
      { text: 'fine' },
      { text: 'fine' },
    ])
  })

  it('that are suspended are paused, and go on as the same runs', async () => {
    const { mastra, claw, recorded } = open(shout, askPerson)
    const run = await mastra.getWorkflow('flow').createRun()
    expect((await run.start({ inputData: { text: 'hi' } })).status).toBe('suspended')
    const paused = await recorded()
    expect(of(paused, 'approval.requested').map(({ data }) => data.name)).toEqual(['ask-person', 'flow'])
    expect(of(paused, 'run.completed')).toHaveLength(1)

    expect((await run.resume({ step: 'ask-person', resumeData: { ok: true } })).status).toBe('success')
    const events = await recorded()
    expect(of(events, 'run.started')).toHaveLength(3)
    expect(typesOf(events, run.runId)).toEqual([
      'run.started',
      'approval.requested',
      'approval.resolved',
      'run.completed',
    ])
    expect(of(events, 'run.completed')).toHaveLength(3)
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('that fail are failed, with their step', async () => {
    const { mastra, recorded } = open(breakDown)
    const run = await mastra.getWorkflow('flow').createRun()
    expect((await run.start({ inputData: { text: 'hi' } })).status).toBe('failed')
    const failed = of(await recorded(), 'run.failed')
    expect(failed).toHaveLength(2)
    for (const { data } of failed) expect(data.error.message).toContain('broken on purpose')
  })

  it('that are cancelled are cancelled, with their step', async () => {
    const { mastra, recorded } = open(wait)
    const run = await mastra.getWorkflow('flow').createRun()
    const result = run.start({ inputData: { text: 'hi' } })
    setTimeout(() => void run.cancel(), 20)
    expect((await result).status).toBe('canceled')
    const events = await recorded()
    expect(of(events, 'run.cancelled')).toHaveLength(2)
    expect(of(events, 'run.failed')).toEqual([])
  })

  it('leave out parts that only order their steps, and keep what is in them', async () => {
    const flow = createWorkflow({ id: 'flow', inputSchema, outputSchema: z.any() })
      .parallel([shout, askAgent])
      .commit()
    const { mastra, recorded } = watch(['fine'], { mastra: { workflows: { flow } } })
    const run = await mastra.getWorkflow('flow').createRun()
    await run.start({ inputData: { text: 'hi' } })
    const runs = of(await recorded(), 'run.started')
    const steps = runs.filter((event) => metadataOf(event)['operation'] === 'workflow_step')
    expect(steps).toHaveLength(2)
    for (const step of steps) expect(step.parentRunId).toBe(run.runId)
  })

  it('keep what Mastra itself runs inside an agent out, though an exporter asks to see it', async () => {
    const { agent, recorded } = watch(['hello'], { config: { includeInternalSpans: true } })
    await drain(await agent.stream('Hi'))
    const events = await recorded()
    expect(of(events, 'run.started')).toHaveLength(1)
    expect(of(events, 'usage.reported')).toHaveLength(1)
  })
})
