import { Agent } from '@mastra/core/agent'
import { createTool } from '@mastra/core/tools'
import type { Claw } from '@pincer/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { drain, of, only, watch, type Watched } from './exporter-fixture.ts'
import { scriptedModel } from './exporter-model.ts'

const asked = [{ name: 'tool' }]

// What a wrapped client of another adapter does when it is called somewhere.
async function callElsewhere(claw: Claw): Promise<void> {
  const call = claw.startModelCall({ provider: 'openai', model: 'gpt-5.5-mini' })
  await new Promise((resolve) => setTimeout(resolve, 1))
  call.end({ output: 'elsewhere' })
}

/** An agent whose tool makes a model call that another adapter records. */
function withTool(bridge: boolean): Watched {
  const watched: Watched = watch([asked, 'done'], {
    bridge,
    tools: {
      tool: createTool({
        id: 'tool',
        description: 'Asks another model',
        inputSchema: z.object({}),
        execute: async () => {
          await callElsewhere(watched.claw)
          return 'ok'
        },
      }),
    },
  })
  return watched
}

describe('the bridge', () => {
  it.for(['stream', 'generate'] as const)(
    'puts what a tool calls under that tool call, with %s',
    async (how) => {
      const { agent, recorded } = withTool(true)
      if (how === 'stream') await drain(await agent.stream('Do'))
      else await agent.generate('Do')
      const events = await recorded()
      const tool = only(events, 'tool.call.started')
      const inner = of(events, 'model.call.started').find(({ data }) => data.provider === 'openai')
      expect(inner?.runId).toBe(tool.runId)
      expect(inner?.data.parentActionId).toBe(tool.actionId)
    },
  )

  it('tells tool calls apart that are made at the same time', async () => {
    const watched: Watched = watch(
      [
        [
          { name: 'tool', id: 'one' },
          { name: 'tool', id: 'two' },
        ],
        'done',
      ],
      {
        tools: {
          tool: createTool({
            id: 'tool',
            description: 'Asks another model',
            inputSchema: z.object({}),
            execute: async (_input, { agent }) => {
              const call = watched.claw.startModelCall({ provider: 'openai', model: agent?.toolCallId ?? '' })
              await new Promise((resolve) => setTimeout(resolve, 1))
              call.end()
            },
          }),
        },
      },
    )
    await drain(await watched.agent.stream('Do'))
    const events = await watched.recorded()
    for (const tool of of(events, 'tool.call.started')) {
      const inner = of(events, 'model.call.started').find(({ data }) => data.model === tool.data.toolCallId)
      expect(inner?.data.parentActionId).toBe(tool.actionId)
    }
    expect(of(events, 'tool.call.started')).toHaveLength(2)
  })

  it('puts what a model does itself under that request', async () => {
    const ownRuns: string[] = []
    const watched: Watched = watch([], {
      model: scriptedModel(['done'], () => {
        const run = watched.claw.startRun({ name: 'inside the model' })
        ownRuns.push(run.runId)
        run.end()
      }),
    })
    await drain(await watched.agent.stream('Do'))
    const events = await watched.recorded()
    const request = only(events, 'model.call.started')
    const inside = of(events, 'run.started').find(({ runId }) => runId === ownRuns[0])
    expect(inside?.data.parentActionId).toBe(request.actionId)
  })

  it('puts an agent under the tool call that runs it, though nobody hands the trace on', async () => {
    const other = new Agent({
      id: 'other',
      name: 'Other',
      instructions: 'Help',
      model: scriptedModel(['helped']),
    })
    const { agent, recorded } = watch([asked, 'done'], {
      agents: { other },
      tools: {
        tool: createTool({
          id: 'tool',
          description: 'Asks another agent',
          inputSchema: z.object({}),
          execute: async () => (await other.generate('Help')).text,
        }),
      },
    })
    await drain(await agent.stream('Do'))
    const events = await recorded()
    const inner = of(events, 'run.started').find(({ agentId }) => agentId === 'other')
    expect(inner?.data.parentActionId).toBe(only(events, 'tool.call.started').actionId)
  })

  it('is not needed to record: without it such a call stands by itself', async () => {
    const { agent, recorded } = withTool(false)
    await drain(await agent.stream('Do'))
    const events = await recorded()
    const tool = only(events, 'tool.call.started')
    const inner = of(events, 'model.call.started').find(({ data }) => data.provider === 'openai')
    expect(inner?.runId).not.toBe(tool.runId)
    expect(of(events, 'run.completed')).toHaveLength(2)
  })
})
