import { dynamicTool, generateText, jsonSchema, streamText, tool, ToolLoopAgent, type ToolSet } from 'ai'
import type { Claw } from '@pincer/core'
import type { LanguageModelV4 } from '@ai-sdk/provider'
import { expectTypeOf, it } from 'vitest'
import { z } from 'zod'

import { gatewayTools, guardTools, pincerApproval } from '../src/index.ts'

declare const claw: Claw
declare const model: LanguageModelV4

const tools = {
  add: tool({
    inputSchema: z.object({ a: z.number(), b: z.number() }),
    execute: ({ a, b }) => a + b,
  }),
  count: tool({
    inputSchema: z.object({ until: z.number() }),
    async *execute({ until }) {
      yield { until }
    },
  }),
  ask: tool({ inputSchema: z.object({}), outputSchema: z.string() }),
  act: dynamicTool({ inputSchema: jsonSchema({ type: 'object' }), execute: async () => 1 }),
}

it('guarded tools are of the same types', () => {
  const guarded = guardTools(claw, tools, { risk: 'high' })
  expectTypeOf(guarded).toEqualTypeOf<typeof tools>()
})

it('results stay typed', async () => {
  const guarded = guardTools(claw, tools)
  const { staticToolResults } = await generateText({
    model,
    tools: guarded,
    prompt: 'hi',
    toolApproval: pincerApproval(claw),
  })
  for (const result of staticToolResults)
    if (result.toolName === 'add') expectTypeOf(result.output).toEqualTypeOf<number>()
})

it('the approval function fits every call', async () => {
  const toolApproval = pincerApproval(claw, { ask: 'user', toolApproval: { add: 'user-approval' } })
  streamText({ model, tools, prompt: 'hi', toolApproval })
  streamText({ model, prompt: 'hi', toolApproval, runtimeContext: { user: 'Ada' } })
  void new ToolLoopAgent({ model, tools, toolApproval })
})

it('the tools of a gateway stand beside others', async () => {
  const found = await gatewayTools(claw, ['files.read'])
  expectTypeOf(found).toExtend<ToolSet>()
  await generateText({
    model,
    tools: { ...found, ...tools },
    prompt: 'hi',
    toolApproval: pincerApproval(claw),
  })
})

it('what is no option is refused', () => {
  // @ts-expect-error there is no such way to ask
  pincerApproval(claw, { ask: 'chat' })
  // @ts-expect-error only the approval function asks a chat
  guardTools(claw, tools, { ask: 'user' })
  // @ts-expect-error a tool is an object
  guardTools(claw, { add: 'add' })
})
