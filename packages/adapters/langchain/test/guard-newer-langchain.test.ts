// What the first minors of LangChain 1.x do not have: unknown tools that reach middleware, and tools that stream.
import { tool } from '@langchain/core/tools'
import { createAgent } from 'langchain'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { guardMiddleware, guardTool } from '../src/guard.ts'
import { PincerCallbackHandler } from '../src/index.ts'
import { addTool, enforced, question, ScriptedModel } from './guard-fixture.ts'

describe('a tool that does not exist', () => {
  it('is asked about, and told to the model as without us', async () => {
    const { claw, gateway, of } = enforced()
    const model = new ScriptedModel([{ id: 'call_9', name: 'nothing_such', args: {} }])
    const agent = createAgent({ model, tools: [addTool()], middleware: [guardMiddleware(claw)] })
    await agent.invoke(question)
    expect(gateway.asked).toMatchObject([{ name: 'nothing_such', toolCallId: 'call_9' }])
    expect(model.answers).toMatchObject([
      { status: 'error', content: 'Error: nothing_such is not a valid tool, try one of [add].' },
    ])
    expect(await of('tool.call.failed')).toMatchObject([{ data: { toolCallId: 'call_9', outcome: 'error' } }])
  })

  it('is recorded once with the callback handler', async () => {
    const record = enforced()
    const { claw } = record
    const model = new ScriptedModel([{ id: 'call_1', name: 'nothing_such', args: {} }])
    const agent = createAgent({ model, tools: [addTool()], middleware: [guardMiddleware(claw)] })
    await agent.invoke(question, { callbacks: [new PincerCallbackHandler(claw)] })
    expect(await record.of('tool.call.started')).toHaveLength(1)
    expect(await record.of('tool.call.failed')).toHaveLength(1)
  })
})

describe('a tool that is a generator', () => {
  it('is guarded, and streams', async () => {
    const { claw, of } = enforced()
    const counting = tool(
      async function* () {
        yield 'one'
        return 'two'
      },
      { name: 'count', schema: z.object({}) },
    )
    const pieces: unknown[] = []
    const callbacks = [{ handleToolEvent: (piece: unknown) => void pieces.push(piece) }]
    expect(await guardTool(counting, claw).invoke({}, { callbacks })).toBe('two')
    expect(pieces).toEqual(['one'])
    expect(await of('tool.call.completed')).toMatchObject([{ data: { output: 'two' } }])
  })
})
