import { createTool } from '@mastra/core/tools'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { add, drain, metadataOf, of, only, typesOf, watch } from './exporter-fixture.ts'
import { hang, type Turn } from './exporter-model.ts'

const asked: Turn = [{ name: 'tool', input: { a: 1 } }]

const boom = createTool({
  id: 'tool',
  description: 'Fails',
  inputSchema: z.object({ a: z.number() }),
  execute: async () => {
    throw new RangeError('out of reach')
  },
})

const risky = createTool({
  id: 'tool',
  description: 'Needs approval',
  inputSchema: z.object({ a: z.number() }),
  requireApproval: true,
  execute: async ({ a }) => ({ did: a }),
})

const asking = createTool({
  id: 'tool',
  description: 'Asks in the middle',
  inputSchema: z.object({ a: z.number() }),
  suspendSchema: z.object({ question: z.string() }),
  resumeSchema: z.object({ answer: z.string() }),
  execute: async (_input, { agent }) => {
    if (agent?.resumeData === undefined) return agent?.suspend({ question: 'Which?' }) as never
    return { heard: agent.resumeData }
  },
})

describe('an end that is no success', () => {
  it('records a tool that throws as failed, and the run as completed', async () => {
    const { agent, recorded } = watch([asked, 'sorry'], { tools: { tool: boom } })
    expect(await drain(await agent.stream('Try'))).toContain('tool-error')
    const events = await recorded()
    expect(only(events, 'tool.call.failed').data).toMatchObject({
      outcome: 'error',
      error: { name: 'RangeError', message: 'out of reach' },
    })
    expect(only(events, 'run.completed').data.output).toBe('sorry')
    const [, second] = of(events, 'model.call.started')
    expect(JSON.stringify(second?.data.input)).toContain('out of reach')
  })

  it('records arguments that do not fit as failed, though Mastra calls that a result', async () => {
    const { agent, recorded } = watch([[{ name: 'add', input: { a: 'one' } }], 'sorry'], { tools: { add } })
    expect(await drain(await agent.stream('Try'))).toContain('tool-result')
    const { data } = only(await recorded(), 'tool.call.failed')
    expect(data.error.name).toBe('ToolValidationError')
    expect(data.error.message).toContain('expected number')
  })

  it('records output that does not fit as failed', async () => {
    const lying = createTool({
      id: 'tool',
      description: 'Lies',
      inputSchema: z.object({ a: z.number() }),
      outputSchema: z.object({ b: z.number() }),
      execute: async () => ({ b: 'no number' }) as never,
    })
    const { agent, recorded } = watch([asked, 'sorry'], { tools: { tool: lying } })
    await drain(await agent.stream('Try'))
    expect(only(await recorded(), 'tool.call.failed').data.error.message).toContain('validation failed')
  })

  it('records a tool that nobody has as failed', async () => {
    const { agent, recorded } = watch([[{ name: 'nope' }], 'sorry'], { tools: { add } })
    await drain(await agent.stream('Try'))
    expect(only(await recorded(), 'tool.call.failed').data).toMatchObject({
      name: 'nope',
      error: { name: 'ToolNotFoundError' },
    })
  })

  it('records a tool of the client as handed over', async () => {
    const { agent, recorded } = watch([[{ name: 'locate' }]])
    const clientTools = {
      locate: createTool({ id: 'locate', description: 'Where', inputSchema: z.object({}) }),
    }
    await drain(await agent.stream('Where am I?', { clientTools } as never))
    expect(only(await recorded(), 'tool.call.completed').data).toMatchObject({
      name: 'locate',
      outcome: 'ok',
    })
  })

  it.for(['stream', 'generate'] as const)('records a model that fails, and its run, with %s', async (how) => {
    const { agent, recorded } = watch([new RangeError('model is down')])
    if (how === 'stream') await drain(await agent.stream('Try'))
    else await expect(agent.generate('Try')).rejects.toThrow('model is down')
    const events = await recorded()
    expect(only(events, 'model.call.failed').data).toMatchObject({
      outcome: 'error',
      error: { name: 'RangeError', message: 'model is down' },
    })
    expect(only(events, 'run.failed').data.error.message).toBe('model is down')
    expect(of(events, 'usage.reported')).toEqual([])
  })

  it.for(['stream', 'generate'] as const)(
    'records an abort of the model as cancelled, with %s',
    async (how) => {
      const { agent, recorded } = watch([hang])
      const abort = new AbortController()
      setTimeout(() => abort.abort(), 20)
      const options = { abortSignal: abort.signal }
      if (how === 'stream') await drain(await agent.stream('Wait', options))
      else await agent.generate('Wait', options).catch(() => undefined)
      const events = await recorded()
      expect(only(events, 'model.call.completed').data.outcome).toBe('cancelled')
      expect(of(events, 'run.cancelled')).toHaveLength(1)
      expect(events.filter(({ type }) => type.endsWith('.failed'))).toEqual([])
    },
  )

  it('records an abort in a tool once, though Mastra tells the result twice', async () => {
    const abort = new AbortController()
    const slow = createTool({
      id: 'tool',
      description: 'Is slow',
      inputSchema: z.object({ a: z.number() }),
      execute: async (_input, { abortSignal }) => {
        queueMicrotask(() => abort.abort())
        await new Promise((resolve) => abortSignal?.addEventListener('abort', resolve))
        return { partly: true }
      },
    })
    const { agent, claw, recorded } = watch([asked, hang], { tools: { tool: slow } })
    const chunks = await drain(await agent.stream('Do', { abortSignal: abort.signal }))
    expect(chunks.filter((type) => type === 'tool-result').length).toBeGreaterThan(0)
    const events = await recorded()
    expect(only(events, 'tool.call.completed').data.output).toEqual({ partly: true })
    expect(of(events, 'run.cancelled')).toHaveLength(1)
    expect(of(events, 'model.call.completed').map(({ data }) => data.outcome)).toEqual(['ok', 'cancelled'])
    expect(claw.stats().lateEnds).toBe(0)
  })

  it('leaves what a hook blocks to the guard', async () => {
    const hooks = { beforeToolCall: () => ({ proceed: false, output: 'no' }) }
    const { agent, recorded } = watch([[{ name: 'add', input: { a: 1, b: 2 } }], 'fine'], {
      tools: { add },
      hooks,
    })
    await drain(await agent.stream('Add'))
    const events = await recorded()
    expect(of(events, 'tool.call.started')).toEqual([])
    expect(of(events, 'run.completed')).toHaveLength(1)
  })

  it('ends a run whose stream nobody reads to its end', async () => {
    const { agent, recorded } = watch(['hello'])
    const output = await agent.stream('Hi')
    for await (const _ of output.fullStream) break
    await output.consumeStream()
    expect(of(await recorded(), 'run.completed')).toHaveLength(1)
  })
})

describe('a run that is suspended', () => {
  it('is paused, and goes on as the same run once a person has approved', async () => {
    const { agent, claw, recorded } = watch([asked, 'done'], { tools: { tool: risky } })
    const output = await agent.stream('Do it')
    expect(await drain(output)).toContain('tool-call-approval')
    const paused = await recorded()
    const request = only(paused, 'approval.requested')
    expect(request.data).toMatchObject({ name: 'tool', toolCallId: 'call-1', reason: 'tool-call-approval' })
    expect(paused.filter(({ type }) => /^run\.(?!started)/.test(type))).toEqual([])

    await drain(await agent.approveToolCall({ runId: output.runId, toolCallId: 'call-1' }))
    const events = await recorded()
    expect(typesOf(events, output.runId)).toEqual([
      'run.started',
      'model.call.started',
      'approval.requested',
      'approval.resolved',
      'tool.call.started',
      'tool.call.completed',
      'usage.reported',
      'model.call.completed',
      'model.call.started',
      'usage.reported',
      'model.call.completed',
      'run.completed',
    ])
    expect(only(events, 'approval.resolved').data).toMatchObject({
      approvalId: request.data.approvalId,
      status: 'approved',
    })
    expect(only(events, 'tool.call.completed').data.output).toEqual({ did: 1 })
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('records a call that a person denied as denied', async () => {
    const { agent, claw, recorded } = watch([asked, 'fine'], { tools: { tool: risky } })
    const output = await agent.stream('Do it')
    await drain(output)
    await drain(await agent.declineToolCall({ runId: output.runId, toolCallId: 'call-1' }))
    const events = await recorded()
    expect(only(events, 'approval.resolved').data.status).toBe('denied')
    expect(only(events, 'tool.call.failed').data).toMatchObject({ toolCallId: 'call-1', outcome: 'denied' })
    expect(only(events, 'run.completed').data.output).toBe('fine')
    expect(of(events, 'model.call.completed')).toHaveLength(2)
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('records a tool that suspends in its middle as one call', async () => {
    const { agent, claw, recorded } = watch([asked, 'done'], { tools: { tool: asking } })
    const output = await agent.stream('Do it')
    expect(await drain(output)).toContain('tool-call-suspended')
    const paused = await recorded()
    expect(only(paused, 'approval.requested').data.reason).toBe('tool-call-suspended')
    expect(of(paused, 'tool.call.completed')).toEqual([])
    await drain(await agent.resumeStream({ answer: 'this' }, { runId: output.runId, toolCallId: 'call-1' }))
    const events = await recorded()
    expect(only(events, 'tool.call.completed').actionId).toBe(only(events, 'tool.call.started').actionId)
    expect(only(events, 'tool.call.completed').data.output).toEqual({ heard: { answer: 'this' } })
    expect(of(events, 'usage.reported')).toHaveLength(2)
    expect(of(events, 'run.completed')).toHaveLength(1)
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('is linked by another process to the run that it goes on with', async () => {
    const first = watch([asked, 'done'], { tools: { tool: risky } })
    const output = await first.agent.stream('Do it')
    await drain(output)
    const storage = first.mastra.getStorage()
    const second = watch(['done'], { tools: { tool: risky }, mastra: { storage } })
    await drain(await second.agent.approveToolCall({ runId: output.runId, toolCallId: 'call-1' }))
    const events = await second.recorded()
    const started = only(events, 'run.started')
    expect(started.parentRunId).toBe(output.runId)
    expect(started.runId).not.toBe(output.runId)
    expect(metadataOf(started)).toMatchObject({ mastraRunId: output.runId, resumed: true })
    // The request of before the question told no usage there.
    expect(of(events, 'usage.reported')).toHaveLength(2)
    expect(of(await first.recorded(), 'usage.reported')).toEqual([])
    expect(of(events, 'run.completed')).toHaveLength(1)
  })
})
