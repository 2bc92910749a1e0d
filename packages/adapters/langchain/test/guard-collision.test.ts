import { AIMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { Command, interrupt, MemorySaver } from '@langchain/langgraph'
import type { GuardRequest } from '@pincer/protocol'
import { eventually } from '@pincer/testing'
import { createAgent, createMiddleware } from 'langchain'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { guardMiddleware, guardTool } from '../src/guard.ts'
import { PincerCallbackHandler } from '../src/index.ts'
import { addCall, addTool, enforced, question, type Recorded, ScriptedModel } from './guard-fixture.ts'

/** A guard that asks a person about every question, each under an id of its own. */
function asking(): Recorded {
  const held: { recorded?: Recorded } = {}
  held.recorded = enforced({
    guard: ({ name, toolCallId = '', inputHash = '', sessionKey = '' }: GuardRequest) => {
      const { gateway } = held.recorded!
      const approvalId = `question_${gateway.asked.length}`
      gateway.openApproval({ approvalId, name, toolCallId, inputHash, sessionKey })
      return { decision: 'require_approval', approvalId }
    },
  })
  return held.recorded
}

function thread(claw: Recorded['claw'], id: string) {
  return { configurable: { thread_id: id }, callbacks: [new PincerCallbackHandler(claw)] }
}

const approve = new Command({ resume: { decisions: [{ type: 'approve' }] } })

describe('calls that have one id, one name and one input are different calls', () => {
  it('in two conversations at once: the approval of one does not serve the other', async () => {
    const { claw, gateway, of } = asking()
    const inputs: unknown[] = []
    const start = (id: string): Promise<unknown> =>
      createAgent({
        name: 'agent',
        model: new ScriptedModel([addCall()], 'Done.'),
        tools: [addTool(inputs)],
        middleware: [guardMiddleware(claw)],
        checkpointer: new MemorySaver(),
      }).invoke(question, thread(claw, id))
    const both = [start('ada'), start('bob')]
    await eventually(() => gateway.asked.length === 2)
    expect(new Set(gateway.asked.map(({ sessionKey }) => sessionKey))).toEqual(new Set(['ada', 'bob']))
    const [first] = gateway.asked
    await gateway.approvals.decide('question_1', { decision: 'approve' })
    await both[first?.sessionKey === 'ada' ? 0 : 1]
    expect(inputs).toHaveLength(1)
    await gateway.approvals.decide('question_2', { decision: 'deny' })
    await Promise.all(both)
    expect(inputs).toHaveLength(1)
    const sessions = (await of('tool.call.started')).map(({ sessionKey }) => sessionKey)
    expect(new Set(sessions)).toEqual(new Set(['ada', 'bob']))
    expect(await of('tool.call.completed')).toMatchObject([{ sessionKey: first?.sessionKey }])
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('in one message: each is asked about', async () => {
    const { claw, gateway } = asking()
    const inputs: unknown[] = []
    const run = createAgent({
      model: new ScriptedModel([addCall(), addCall()], 'Done.'),
      tools: [addTool(inputs)],
      middleware: [guardMiddleware(claw)],
      checkpointer: new MemorySaver(),
    }).invoke(question, thread(claw, 'ada'))
    await eventually(() => gateway.asked.length === 2)
    await gateway.approvals.decide('question_1', { decision: 'approve' })
    await gateway.approvals.decide('question_2', { decision: 'deny' })
    await run
    expect(inputs).toHaveLength(1)
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('in one durable message: each is asked about', async () => {
    const { claw, gateway } = asking()
    const inputs: unknown[] = []
    const agent = createAgent({
      model: new ScriptedModel([addCall(), addCall()], 'Done.'),
      tools: [addTool(inputs)],
      middleware: [guardMiddleware(claw, { durable: true })],
      checkpointer: new MemorySaver(),
    })
    const config = thread(claw, 'ada')
    await agent.invoke(question, config)
    expect(gateway.asked).toHaveLength(2)
    const answer = { decisions: [{ type: 'approve' }, { type: 'reject' }] }
    await agent.invoke(new Command({ resume: answer }), config)
    expect(inputs).toHaveLength(1)
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('in two messages of one run', async () => {
    const { claw, gateway } = asking()
    const inputs: unknown[] = []
    const run = createAgent({
      model: new ScriptedModel([addCall()], [addCall()], 'Done.'),
      tools: [addTool(inputs)],
      middleware: [guardMiddleware(claw)],
      checkpointer: new MemorySaver(),
    }).invoke(question, thread(claw, 'ada'))
    await eventually(() => gateway.asked.length === 1)
    await gateway.approvals.decide('question_1', { decision: 'approve' })
    await eventually(() => gateway.asked.length === 2)
    await gateway.approvals.decide('question_2', { decision: 'deny' })
    await run
    expect(inputs).toHaveLength(1)
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('in two durable messages of one run', async () => {
    const { claw, gateway } = asking()
    const inputs: unknown[] = []
    const agent = createAgent({
      model: new ScriptedModel([addCall()], [addCall()], 'Done.'),
      tools: [addTool(inputs)],
      middleware: [guardMiddleware(claw, { durable: true })],
      checkpointer: new MemorySaver(),
    })
    const config = thread(claw, 'ada')
    await agent.invoke(question, config)
    const paused = await agent.invoke(approve, config)
    expect(gateway.asked).toHaveLength(2)
    expect(inputs).toHaveLength(1)
    expect(paused).toHaveProperty('__interrupt__')
    await agent.invoke(new Command({ resume: { decisions: [{ type: 'reject' }] } }), config)
    expect(inputs).toHaveLength(1)
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('in two messages, of which the first was approved and never happened', async () => {
    const { claw, gateway } = asking()
    const inputs: unknown[] = []
    const breaks = { now: true }
    const agent = createAgent({
      model: new ScriptedModel([addCall()], [addCall()], 'Done.'),
      tools: [addTool(inputs)],
      // Stands around the guard: its hook runs after the guard's.
      middleware: [
        createMiddleware({
          name: 'breaks',
          afterModel: () => {
            if (breaks.now && gateway.asked.length > 0) interrupt('wait')
          },
        }),
        guardMiddleware(claw, { durable: true }),
      ],
      checkpointer: new MemorySaver(),
    })
    const config = thread(claw, 'ada')
    await agent.invoke(question, config)
    await agent.invoke(approve, config)
    breaks.now = false
    await agent.invoke(
      { messages: [{ role: 'tool', tool_call_id: 'call_1', content: 'never mind' }, ...question.messages] },
      config,
    )
    expect(gateway.asked).toHaveLength(2)
    expect(inputs).toHaveLength(0)
  })

  it('whose arguments are changed between the question and the act is asked about again', async () => {
    const { claw, gateway } = asking()
    const inputs: unknown[] = []
    const agent = createAgent({
      model: new ScriptedModel([addCall()], 'Done.'),
      tools: [addTool(inputs)],
      middleware: [
        createMiddleware({
          name: 'changes',
          afterModel: ({ messages }) => {
            const last = messages.at(-1)
            if (AIMessage.isInstance(last)) for (const call of last.tool_calls ?? []) call.args['a'] = 1_000
          },
        }),
        guardMiddleware(claw, { durable: true }),
      ],
      checkpointer: new MemorySaver(),
    })
    const config = thread(claw, 'ada')
    await agent.invoke(question, config)
    const run = agent.invoke(approve, config)
    await eventually(() => gateway.asked.length === 2)
    await gateway.approvals.decide('question_2', { decision: 'deny' })
    await run
    expect(inputs).toEqual([])
  })

  it('whose arguments are changed after they were allowed is asked about again', async () => {
    const { claw } = enforced({
      guard: ({ input }) =>
        Number(Reflect.get(Object(input), 'a')) < 100
          ? { decision: 'allow' }
          : { decision: 'block', reason: 'too much' },
    })
    const inputs: unknown[] = []
    const changes = createMiddleware({
      name: 'changes',
      afterModel: ({ messages }) => {
        const last = messages.at(-1)
        if (AIMessage.isInstance(last)) for (const call of last.tool_calls ?? []) call.args['a'] = 1_000
      },
    })
    await createAgent({
      model: new ScriptedModel([addCall()], 'Done.'),
      tools: [addTool(inputs)],
      middleware: [changes, guardMiddleware(claw, { durable: true })],
      checkpointer: new MemorySaver(),
    }).invoke(question, thread(claw, 'ada'))
    expect(inputs).toEqual([])
  })

  it('of a guarded tool that interrupts, and is called anew instead of resumed', async () => {
    const { claw, gateway } = asking()
    const seen: unknown[] = []
    const work = tool(
      (input) => {
        seen.push(input)
        return seen.length === 1 ? String(interrupt('sure?')) : 'done'
      },
      { name: 'add', description: 'Adds.', schema: z.object({ a: z.number(), b: z.number() }) },
    )
    const agent = createAgent({
      model: new ScriptedModel([addCall()], [addCall()], 'Done.'),
      tools: [guardTool(work, claw)],
      checkpointer: new MemorySaver(),
    })
    const config = thread(claw, 'ada')
    const first = agent.invoke(question, config)
    await eventually(() => gateway.asked.length === 1)
    await gateway.approvals.decide('question_1', { decision: 'approve' })
    await first
    expect(seen).toHaveLength(1)
    const second = agent.invoke(
      { messages: [{ role: 'tool', tool_call_id: 'call_1', content: 'never mind' }, ...question.messages] },
      config,
    )
    await eventually(() => gateway.asked.length === 2)
    await gateway.approvals.decide('question_2', { decision: 'deny' })
    await second
    expect(seen).toHaveLength(1)
  })

  it('that are one object, of a guarded tool in an agent without the middleware', async () => {
    const { claw, gateway } = asking()
    const running = Promise.withResolvers<string>()
    const seen: string[] = []
    const work = guardTool(
      tool((_, config) => (seen.push(String(config.configurable?.thread_id)), running.promise), {
        name: 'add',
        description: 'Adds.',
        schema: z.object({ a: z.number(), b: z.number() }),
      }),
      claw,
    )
    const call = addCall()
    const start = (id: string, isGuarded: boolean): Promise<unknown> =>
      createAgent({
        model: new ScriptedModel([call], 'Done.'),
        tools: [work],
        middleware: isGuarded ? [guardMiddleware(claw)] : [],
        checkpointer: new MemorySaver(),
      }).invoke(question, thread(claw, id))
    const ada = start('ada', true)
    await eventually(() => gateway.asked.length === 1)
    await gateway.approvals.decide('question_1', { decision: 'approve' })
    await eventually(() => seen.length === 1)
    const bob = start('bob', false)
    await eventually(() => gateway.asked.length === 2)
    await gateway.approvals.decide('question_2', { decision: 'deny' })
    running.resolve('3')
    await Promise.all([ada, bob])
    expect(seen).toEqual(['ada'])
  })
})
