import { Agent } from '@mastra/core/agent'
import { describe, expect, it } from 'vitest'

import { PincerExporter } from '../src/exporter.ts'
import { add, drain, metadataOf, of, only, typesOf, watch } from './exporter-fixture.ts'
import { scriptedModel } from './exporter-model.ts'

const addOneAndTwo = [{ name: 'add', input: { a: 1, b: 2 } }]

describe('PincerExporter', () => {
  it('records an agent with one tool as one run with its steps in order', async () => {
    const { agent, faults, recorded } = watch([addOneAndTwo, 'three'], { tools: { add } })
    const output = await agent.stream('What is 1+2?')
    await drain(output)
    const events = await recorded()
    const started = only(events, 'run.started')
    expect(started.data.name).toBe('Calculator')
    expect(started.agentId).toBe('calc')
    expect(started.data.input).toBe('What is 1+2?')
    expect(typesOf(events, started.runId)).toEqual([
      'run.started',
      'model.call.started',
      'tool.call.started',
      'tool.call.completed',
      'usage.reported',
      'model.call.completed',
      'model.call.started',
      'usage.reported',
      'model.call.completed',
      'run.completed',
    ])
    expect(only(events, 'run.completed').data).toMatchObject({ output: 'three', stopReason: 'stop' })
    expect(faults).toEqual([])
  })

  it("keeps Mastra's ids", async () => {
    const { agent, recorded } = watch(['hello'])
    const output = await agent.stream('Hi')
    await drain(output)
    const started = only(await recorded(), 'run.started')
    expect(started.runId).toBe(output.runId)
    expect(metadataOf(started)).toMatchObject({
      operation: 'agent_run',
      mastraRunId: output.runId,
      traceId: output.traceId,
      spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
    })
  })

  it('counts usage once, at the requests, though Mastra tells it on three levels', async () => {
    const { agent, recorded } = watch([addOneAndTwo, 'three'], { tools: { add } })
    const output = await agent.stream('What is 1+2?')
    await drain(output)
    const usage = of(await recorded(), 'usage.reported')
    expect(usage.map(({ data }) => data)).toEqual([
      {
        provider: 'scripted',
        model: 'model-2026',
        inputTokens: 12,
        cacheReadTokens: 2,
        cacheWriteTokens: 1,
        outputTokens: 5,
        reasoningTokens: 1,
        totalTokens: 17,
      },
      expect.objectContaining({ inputTokens: 12, outputTokens: 5 }),
    ])
    expect(new Set(usage.map(({ actionId }) => actionId)).size).toBe(2)
    expect(await output.totalUsage).toMatchObject({ inputTokens: 24, outputTokens: 10 })
  })

  it('records what each request asks that the one before did not', async () => {
    const { agent, recorded } = watch([addOneAndTwo, 'three'], { tools: { add } })
    await drain(await agent.stream('What is 1+2?'))
    const [first, second] = of(await recorded(), 'model.call.started')
    expect(first?.data).toMatchObject({
      provider: 'scripted',
      model: 'model',
      stream: true,
      parameters: { tools: ['add'] },
      input: [
        { role: 'system', content: 'Be brief' },
        { role: 'user', content: [{ type: 'text', text: 'What is 1+2?' }] },
      ],
    })
    expect(second?.data.input).toEqual([
      {
        role: 'assistant',
        content: { toolCalls: [{ toolCallId: 'call-1', toolName: 'add', args: { a: 1, b: 2 } }] },
      },
      { role: 'tool', toolCallId: 'call-1', toolName: 'add', output: { sum: 3 } },
    ])
  })

  it('records a tool call under its run, with what went in and came out', async () => {
    const { agent, recorded } = watch([addOneAndTwo, 'three'], { tools: { add } })
    await drain(await agent.stream('What is 1+2?'))
    const events = await recorded()
    const started = only(events, 'tool.call.started')
    expect(started.runId).toBe(only(events, 'run.started').runId)
    expect(started.data).toMatchObject({ toolCallId: 'call-1', name: 'add', input: { a: 1, b: 2 } })
    expect(only(events, 'tool.call.completed').data).toMatchObject({ outcome: 'ok', output: { sum: 3 } })
  })

  it('tells calls of one step apart that are made at the same time', async () => {
    const calls = [
      { name: 'add', input: { a: 1, b: 2 }, id: 'one' },
      { name: 'add', input: { a: 3, b: 4 }, id: 'two' },
    ]
    const { agent, recorded } = watch([calls, 'done'], { tools: { add } })
    await drain(await agent.stream('Add'))
    const completed = of(await recorded(), 'tool.call.completed')
    expect(completed.map(({ data }) => [data.toolCallId, data.output])).toEqual([
      ['one', { sum: 3 }],
      ['two', { sum: 7 }],
    ])
  })

  it('records two steps that use the same id of a call as two calls', async () => {
    const { agent, recorded } = watch([addOneAndTwo, addOneAndTwo, 'three'], { tools: { add } })
    await drain(await agent.stream('Add twice'))
    const started = of(await recorded(), 'tool.call.started')
    expect(started).toHaveLength(2)
    expect(started[0]?.actionId).not.toBe(started[1]?.actionId)
  })

  it('records generate like stream', async () => {
    const { agent, recorded } = watch([addOneAndTwo, 'three'], { tools: { add } })
    const { text } = await agent.generate('What is 1+2?')
    const events = await recorded()
    expect(text).toBe('three')
    expect(of(events, 'model.call.completed').map(({ data }) => data.outcome)).toEqual(['ok', 'ok'])
    expect(only(events, 'run.completed').data.output).toBe('three')
  })

  it('puts an agent that is called as a tool under that call', async () => {
    const inner = new Agent({
      id: 'inner',
      name: 'Inner',
      description: 'Knows',
      instructions: 'Know',
      model: scriptedModel(['I know']) as never,
    })
    const { agent, recorded } = watch([[{ name: 'agent-inner', input: { prompt: 'Do you?' } }], 'It knows'], {
      agents: { inner },
    })
    await drain(await agent.stream('Ask'))
    const events = await recorded()
    const [outer, below] = of(events, 'run.started')
    const tool = only(events, 'tool.call.started')
    expect(tool.data.name).toBe('agent-inner')
    expect(below?.agentId).toBe('inner')
    expect(below?.parentRunId).toBe(outer?.runId)
    expect(below?.data.parentActionId).toBe(tool.actionId)
    expect(of(events, 'usage.reported')).toHaveLength(3)
  })

  it('stands under the run that the host is in', async () => {
    const { claw, agent, recorded } = watch(['hello'])
    await claw.run({ name: 'outer' }, async () => drain(await agent.stream('Hi')))
    const [outer, inner] = of(await recorded(), 'run.started')
    expect(inner?.parentRunId).toBe(outer?.runId)
  })

  it('takes the thread of the memory for the session', async () => {
    const { agent, recorded } = watch(['hello'])
    await drain(await agent.stream('Hi', { memory: { thread: 'thread-1', resource: 'user-1' } }))
    expect(only(await recorded(), 'run.started').sessionKey).toBe('thread-1')
  })

  it('records neither inputs nor outputs where it is told so', async () => {
    const options = { exporter: { recordInputs: false, recordOutputs: false }, tools: { add } }
    const { agent, recorded } = watch([addOneAndTwo, 'a secret sum'], options)
    await drain(await agent.stream('a secret question'))
    const told = JSON.stringify(await recorded())
    expect(told).not.toContain('secret')
    expect(told).not.toContain('"sum":3')
    expect(told).not.toContain('"a":1')
  })

  it('tells two runs apart that share an id of Mastra and run at the same time', async () => {
    const { agent, claw, recorded } = watch(['hello'])
    const runs = [1, 2].map(async (turn) => drain(await agent.stream(`Hi ${turn}`, { runId: 'shared' })))
    await Promise.all(runs)
    const started = of(await recorded(), 'run.started')
    expect(started.map(({ data }) => data.input)).toEqual(['Hi 1', 'Hi 2'])
    expect(new Set(started.map(({ runId }) => runId)).size).toBe(2)
    expect(claw.stats().open).toBe(0)
  })

  it('records once what it is told twice', async () => {
    const { exporter, claw, recorded } = watch([])
    const exporters = [exporter, new PincerExporter(claw)]
    const { agent } = watch(['hello'], { claw, config: { exporters } })
    await drain(await agent.stream('Hi'))
    expect(of(await recorded(), 'run.started')).toHaveLength(1)
  })

  it('puts the metadata of the options into every run', async () => {
    const { agent, recorded } = watch(['hello'], { exporter: { metadata: { team: 'support' } } })
    await drain(await agent.stream('Hi', { tracingOptions: { metadata: { ticket: 7 } } }))
    expect(metadataOf(only(await recorded(), 'run.started'))).toMatchObject({ team: 'support', ticket: 7 })
  })

  it('counts at the innermost part that is not kept back', async () => {
    for (const excluded of [['model_inference'], ['model_inference', 'model_step']]) {
      const { agent, recorded } = watch([addOneAndTwo, 'three'], {
        tools: { add },
        config: { excludeSpanTypes: excluded },
      })
      await drain(await agent.stream('What is 1+2?'))
      const usage = of(await recorded(), 'usage.reported')
      expect(usage.reduce((sum, { data }) => sum + data.inputTokens, 0)).toBe(24)
      expect(of(await recorded(), 'run.completed')).toHaveLength(1)
    }
  })

  it('refuses what is no claw, and options that it does not have', async () => {
    const { claw } = watch(['hello'])
    expect(() => new PincerExporter({} as never)).toThrow(/expected a claw/)
    expect(() => new PincerExporter(claw, { recordInput: false } as never)).toThrow(
      /recordInput.*not an option/,
    )
  })

  it('never throws into the host, whatever it is told', async () => {
    const { exporter, faults } = watch(['hello'])
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error('hostile')
        },
      },
    )
    for (const exportedSpan of [undefined, null, 7, {}, { id: 'x' }, hostile])
      for (const type of ['span_started', 'span_updated', 'span_ended'])
        exporter.onTracingEvent({ type, exportedSpan } as never)
    expect(exporter.executeInContextSync('nobody', () => 7)).toBe(7)
    expect(faults.length).toBeGreaterThan(0)
  })
})
