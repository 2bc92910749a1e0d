import { Agent } from '@mastra/core/agent'
import { createTool } from '@mastra/core/tools'
import type { Claw } from '@pincer/core'
import { expectTypeOf, it } from 'vitest'
import { z } from 'zod'

import { gatewayTools, guardHooks, requireApproval } from '../src/index.ts'

declare const claw: Claw

const tools = {
  add: createTool({
    id: 'add',
    description: 'Adds two numbers.',
    inputSchema: z.object({ a: z.number(), b: z.number() }),
    outputSchema: z.number(),
    execute: async ({ a, b }) => a + b,
  }),
}

it('guarded tools are of the same types', () => {
  expectTypeOf(requireApproval(claw, tools, { risk: 'high' })).toEqualTypeOf<typeof tools>()
})

it('options are those that there are', () => {
  // @ts-expect-error -- no such way to ask
  requireApproval(claw, tools, { ask: 'user' })
  // @ts-expect-error -- hooks cannot suspend
  guardHooks(claw, { ask: 'suspend' })
  // @ts-expect-error -- no such risk
  guardHooks(claw, { risk: 'huge' })
})

it('an agent takes them', async () => {
  const about = { id: 'a', name: 'a', instructions: 'a', model: 'pincer/main' } as const
  const agent = new Agent({ ...about, tools: requireApproval(claw, tools), hooks: guardHooks(claw) })
  const following = new Agent({ ...about, tools: () => gatewayTools(claw, ['add']) })
  expectTypeOf(following).toExtend<Agent>()
  await agent.stream('hi', { toolsets: { pincer: await gatewayTools(claw) }, hooks: guardHooks(claw) })
})
