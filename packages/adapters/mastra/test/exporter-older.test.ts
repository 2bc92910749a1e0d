import { createTool } from '@mastra/core/tools'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { add, drain, of, only, watch } from './exporter-fixture.ts'

// What every supported Mastra must tell, the oldest included; `./pnpmw test:mastra-oldest` runs it there.
describe('on every supported Mastra', () => {
  it('usage is counted once, with its provider and model', async () => {
    const { agent, recorded } = watch([[{ name: 'add', input: { a: 1, b: 2 } }], 'three'], { tools: { add } })
    await drain(await agent.stream('What is 1+2?'))
    const usage = of(await recorded(), 'usage.reported')
    expect(usage.map(({ data }) => [data.provider, data.inputTokens, data.outputTokens])).toEqual([
      ['scripted', 12, 5],
      ['scripted', 12, 5],
    ])
  })

  it('a tool call stands in its run, with what went in and came out', async () => {
    const { agent, recorded } = watch([[{ name: 'add', input: { a: 1, b: 2 } }], 'three'], { tools: { add } })
    await drain(await agent.stream('What is 1+2?'))
    const events = await recorded()
    expect(only(events, 'tool.call.started').runId).toBe(only(events, 'run.started').runId)
    expect(only(events, 'tool.call.started').data).toMatchObject({ name: 'add', input: { a: 1, b: 2 } })
    expect(only(events, 'tool.call.completed').data).toMatchObject({ outcome: 'ok', output: { sum: 3 } })
  })

  it('a model that fails fails its run', async () => {
    const { agent, recorded } = watch([new RangeError('model is down')])
    await drain(await agent.stream('Try')).catch(() => undefined)
    const events = await recorded()
    expect(only(events, 'model.call.failed').data.error.message).not.toBe('')
    expect(of(events, 'run.failed')).toHaveLength(1)
  })

  it('a run that waits for a person goes on as the same run', async () => {
    const risky = createTool({
      id: 'tool',
      description: 'Needs approval',
      inputSchema: z.object({}),
      requireApproval: true,
      execute: async () => ({ did: true }),
    })
    const { agent, recorded } = watch([[{ name: 'tool' }], 'done'], { tools: { tool: risky } })
    const output = await agent.stream('Do it')
    await drain(output)
    expect((await recorded()).filter(({ type }) => /^run\.(?!started)/.test(type))).toEqual([])
    await drain(await agent.approveToolCall({ runId: output.runId, toolCallId: 'call-1' }))
    const events = await recorded()
    expect(of(events, 'run.started')).toHaveLength(1)
    expect(of(events, 'run.completed')).toHaveLength(1)
    expect(of(events, 'model.call.completed')).toHaveLength(2)
    expect(of(events, 'usage.reported')).toHaveLength(2)
    expect(only(events, 'tool.call.completed').data.output).toEqual({ did: true })
  })
})
