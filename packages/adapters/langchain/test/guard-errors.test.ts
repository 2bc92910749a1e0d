import { tool } from '@langchain/core/tools'
import { Command, interrupt, MemorySaver } from '@langchain/langgraph'
import { createAgent, createMiddleware } from 'langchain'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { guardMiddleware } from '../src/guard.ts'
import { addCall, addTool, enforced, question, recorded, ScriptedModel } from './guard-fixture.ts'

const schema = z.object({ text: z.string() })
const call = { id: 'call_1', name: 'fail', args: { text: 'hi' } }

function failing(thrown: unknown) {
  return tool(
    () => {
      throw thrown
    },
    { name: 'fail', schema },
  )
}

async function answerOf(thrown: unknown, middleware: ReturnType<typeof guardMiddleware>[]): Promise<unknown> {
  const model = new ScriptedModel([call], 'Sorry.')
  const { messages } = await createAgent({ model, tools: [failing(thrown)], middleware }).invoke(question)
  expect(messages.at(-1)?.text).toBe('Sorry.')
  const { content, name, tool_call_id } = model.answers[0] ?? {}
  return { content, name, tool_call_id }
}

describe('a tool that throws', () => {
  it.each([
    ['an error', new Error('boom')],
    ['an error of its own class', new RangeError('too far')],
    ['a text', 'just a text'],
    ['nothing', undefined],
  ])('%s: the model is told what LangChain tells it without us', async (_, thrown) => {
    const { claw } = enforced()
    const withUs = await answerOf(thrown, [guardMiddleware(claw)])
    expect(withUs).toEqual(await answerOf(thrown, []))
    // Calls that are not asked about, too.
    expect(await answerOf(thrown, [guardMiddleware(claw, { tools: [] })])).toEqual(withUs)
  })

  it('is recorded as failed, in observe mode too', async () => {
    const { claw, of } = recorded()
    await answerOf(new Error('boom'), [guardMiddleware(claw)])
    expect(await of('tool.call.failed')).toMatchObject([
      { data: { outcome: 'error', error: { message: 'boom' } } },
    ])
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('with a path of this machine in its message: the path is kept from the model', async () => {
    const { claw } = enforced()
    const thrown = new Error("ENOENT: no such file or directory, open '/srv/agent/secret/keys.json'")
    const answer = await answerOf(thrown, [guardMiddleware(claw)])
    expect(answer).toMatchObject({
      content: "Error: ENOENT: no such file or directory, open '[path]'\n Please fix your mistakes.",
    })
  })

  it('an interrupt passes through, and the resumed call does not ask again', async () => {
    const { claw, gateway } = enforced()
    const asking = tool(() => `said ${String(interrupt('go on?'))}`, {
      name: 'fail',
      schema,
    })
    const agent = createAgent({
      model: new ScriptedModel([call]),
      tools: [asking],
      middleware: [guardMiddleware(claw)],
      checkpointer: new MemorySaver(),
    })
    const config = { configurable: { thread_id: 'thread-1' } }
    const paused = await agent.invoke(question, config)
    expect(paused).toMatchObject({ __interrupt__: [{ value: 'go on?' }] })
    const { messages } = await agent.invoke(new Command({ resume: 'yes' }), config)
    expect(messages.at(-2)?.text).toBe('said yes')
    expect(gateway.asked).toHaveLength(1)
    expect(claw.stats().open).toBe(0)
  })

  it('a Command passes through', async () => {
    const { claw, of } = enforced()
    const commanding = tool(() => new Command({ update: { messages: [] } }), { name: 'fail', schema })
    const model = new ScriptedModel([call], 'Done.')
    const agent = createAgent({ model, tools: [commanding], middleware: [guardMiddleware(claw)] })
    await agent.invoke(question)
    expect(await of('tool.call.completed')).toMatchObject([{ data: { outcome: 'ok' } }])
  })

  it('a fault of another middleware still ends the agent', async () => {
    const { claw } = enforced()
    const broken = createMiddleware({
      name: 'Broken',
      wrapToolCall: () => {
        throw new Error('broken middleware')
      },
    })
    const agent = createAgent({
      model: new ScriptedModel([addCall()]),
      tools: [addTool()],
      middleware: [guardMiddleware(claw), broken],
    })
    await expect(agent.invoke(question)).rejects.toThrow('broken middleware')
  })
})

describe('arguments that do not fit the schema', () => {
  const wrong = { id: 'call_1', name: 'add', args: { a: 'one', b: 2 } }

  it('are told to the model without stack traces and paths, and recorded as failed', async () => {
    const { claw, gateway, of } = enforced()
    const model = new ScriptedModel([wrong], 'Sorry.')
    const agent = createAgent({ model, tools: [addTool()], middleware: [guardMiddleware(claw)] })
    const { messages } = await agent.invoke(question)
    expect(messages.at(-1)?.text).toBe('Sorry.')
    const [answer] = model.answers
    expect(answer).toMatchObject({ status: 'error', name: 'add', tool_call_id: 'call_1' })
    expect(answer?.text).toContain(`Error invoking tool 'add' with kwargs {"a":"one","b":2} with error: `)
    expect(answer?.text).toContain('Received tool input did not match expected schema')
    expect(answer?.text).toContain('Please fix the error and try again.')
    expect(answer?.text).not.toMatch(/node_modules|file:\/\/|\n\s+at |\.js:/)
    expect(gateway.asked).toHaveLength(1)
    expect(await of('tool.call.failed')).toMatchObject([{ data: { toolCallId: 'call_1', outcome: 'error' } }])
  })
})
