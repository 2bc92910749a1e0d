import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { Command, MemorySaver } from '@langchain/langgraph'
import type { ApprovalDecision } from '@pincer/protocol'
import { type AgentMiddleware, createAgent, humanInTheLoopMiddleware } from 'langchain'
import { describe, expect, it } from 'vitest'

import { guardMiddleware } from '../src/guard.ts'
import { PincerCallbackHandler } from '../src/index.ts'
import {
  addCall,
  addTool,
  enforced,
  question,
  type Recorded,
  recorded,
  ScriptedModel,
} from './guard-fixture.ts'

// Its types do not fit LangChain's other types under `exactOptionalPropertyTypes`.
const builtInMiddleware = humanInTheLoopMiddleware as unknown as (options: object) => AgentMiddleware
const config = { configurable: { thread_id: 'thread-1' } }

/** An agent whose guard asks a person about every call; the approval has the id of the call. */
function asking(
  calls = [addCall()],
  make: (gatewayOf: () => Recorded['gateway']) => Recorded = (gatewayOf) =>
    enforced({
      guard: ({ name, toolCallId = '', inputHash = '', sessionKey = '' }) => {
        const approvalId = `approval_${toolCallId}`
        gatewayOf().openApproval({ approvalId, name, toolCallId, inputHash, sessionKey })
        return { decision: 'require_approval', approvalId, reason: 'sums are dear' }
      },
    }),
) {
  const held: { recorded?: Recorded } = {}
  const record = make(() => held.recorded!.gateway)
  held.recorded = record
  const inputs: unknown[] = []
  const model = new ScriptedModel(calls, 'Done.')
  const agent = createAgent({
    model,
    tools: [addTool(inputs)],
    middleware: [guardMiddleware(record.claw, { durable: true })],
    checkpointer: new MemorySaver(),
  })
  return { ...record, model, agent, inputs }
}

function resume(...decisions: readonly unknown[]): Command {
  return new Command({ resume: { decisions } })
}

describe('a call that a person is asked about', () => {
  it('pauses the graph with the question that the human-in-the-loop middleware asks', async () => {
    const { agent, gateway, inputs, of } = asking()
    const builtIn = createAgent({
      model: new ScriptedModel([addCall()]),
      tools: [addTool()],
      middleware: [builtInMiddleware({ interruptOn: { add: true } })],
      checkpointer: new MemorySaver(),
    })
    const paused = await agent.invoke(question, config)
    const wanted = await builtIn.invoke(question, config)
    expect(interruptOf(wanted)).toMatchObject({ actionRequests: [{ name: 'add' }] })
    expect(interruptOf(paused)).toEqual(interruptOf(wanted))
    expect(inputs).toEqual([])
    expect(gateway.asked).toHaveLength(1)
    expect(await of('approval.requested')).toMatchObject([{ data: { approvalId: 'approval_call_1' } }])
    expect(await of('approval.resolved')).toEqual([])
    expect(await of('run.completed')).toEqual([])
  })

  it('goes on with approve; the gateway is told, and was asked once', async () => {
    const { agent, gateway, claw, inputs, of } = asking()
    await agent.invoke(question, config)
    const { messages } = await agent.invoke(resume({ type: 'approve' }), config)
    expect(messages.at(-1)?.text).toBe('Done.')
    expect(inputs).toEqual([{ a: 1, b: 2 }])
    expect(gateway.asked).toHaveLength(1)
    expect(await gateway.approvals.get('approval_call_1')).toMatchObject({ status: 'approved' })
    expect(await of('tool.call.started')).toHaveLength(1)
    expect(await of('tool.call.completed')).toMatchObject([{ data: { outcome: 'ok', output: '3' } }])
    expect(await of('approval.requested')).toHaveLength(1)
    expect(await of('approval.resolved')).toMatchObject([{ data: { status: 'approved' } }])
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('goes on with edited arguments', async () => {
    const { agent, gateway, inputs, of, model } = asking()
    await agent.invoke(question, config)
    const editedAction = { name: 'add', args: { a: 40, b: 2 } }
    await agent.invoke(resume({ type: 'edit', editedAction }), config)
    expect(inputs).toEqual([{ a: 40, b: 2 }])
    expect(model.answers).toMatchObject([{ content: '42' }])
    expect(await gateway.approvals.get('approval_call_1')).toMatchObject({ editedInput: { a: 40, b: 2 } })
    expect(await of('approval.resolved')).toMatchObject([{ data: { input: { a: 40, b: 2 } } }])
  })

  it('is told to the model where it was rejected', async () => {
    const { agent, gateway, inputs, model, of } = asking()
    await agent.invoke(question, config)
    await agent.invoke(resume({ type: 'reject', message: 'do it in your head' }), config)
    expect(inputs).toEqual([])
    expect(model.answers).toMatchObject([
      {
        status: 'error',
        content: 'The call of "add" was denied by a person and did not happen. Reason: do it in your head',
      },
    ])
    expect(await gateway.approvals.get('approval_call_1')).toMatchObject({ status: 'denied' })
    expect(await of('tool.call.failed')).toMatchObject([{ data: { outcome: 'denied' } }])
  })

  it.each<[string, ApprovalDecision, unknown]>([
    ['approved', { decision: 'approve' }, '3'],
    ['approved with other arguments', { decision: 'approve', input: { a: 40, b: 2 } }, '42'],
    [
      'denied',
      { decision: 'deny', reason: 'no' },
      'The call of "add" was denied by a person and did not happen. Reason: no',
    ],
  ])('that the gateway has %s meanwhile is not asked about again', async (_, decision, content) => {
    const { agent, gateway, model } = asking()
    await agent.invoke(question, config)
    await gateway.approvals.decide('approval_call_1', decision)
    // Whatever is answered here comes too late.
    await agent.invoke(resume({ type: 'approve' }), config)
    expect(model.answers).toMatchObject([{ content }])
    expect(gateway.asked).toHaveLength(1)
  })

  it('pauses again where the graph is entered without an answer', async () => {
    const { agent, gateway, inputs } = asking()
    const paused = await agent.invoke(question, config)
    const again = await agent.invoke(null as never, config)
    expect(interruptOf(again)).toEqual(interruptOf(paused))
    expect(gateway.asked).toHaveLength(1)
    expect(inputs).toEqual([])
  })

  it.each([
    ['nothing', {}, 'resume.decisions: expected a list of 1'],
    ['too many', { decisions: [{ type: 'approve' }, { type: 'approve' }] }, 'expected a list of 1'],
    [
      'another word',
      { decisions: [{ type: 'yes' }] },
      'resume.decisions[0].type: expected approve, edit or reject',
    ],
    [
      'another tool',
      { decisions: [{ type: 'edit', editedAction: { name: 'delete', args: {} } }] },
      'editedAction.name: expected "add", the tool asked about',
    ],
    [
      'no arguments',
      { decisions: [{ type: 'edit', editedAction: { name: 'add' } }] },
      'args: expected an object',
    ],
  ])('refuses %s as an answer, and nothing happens', async (_, answer, message) => {
    const { agent, gateway, inputs } = asking()
    await agent.invoke(question, config)
    await expect(agent.invoke(new Command({ resume: answer }), config)).rejects.toThrow(message)
    expect(inputs).toEqual([])
    expect(await gateway.approvals.get('approval_call_1')).toMatchObject({ status: 'pending' })
  })
})

describe('three calls at once', () => {
  const calls = [addCall('one', 1), addCall('two', 2), addCall('three', 3)]

  it('are three questions in one interrupt, each with its own answer', async () => {
    const { agent, gateway, inputs, model } = asking(calls)
    const paused = await agent.invoke(question, config)
    expect(interruptOf(paused)).toMatchObject({
      actionRequests: [{ args: { a: 1 } }, { args: { a: 2 } }, { args: { a: 3 } }],
    })
    expect(gateway.asked).toHaveLength(3)
    const edit = { type: 'edit', editedAction: { name: 'add', args: { a: 9, b: 2 } } }
    await agent.invoke(resume({ type: 'approve' }, { type: 'reject' }, edit), config)
    expect(gateway.asked).toHaveLength(3)
    expect(new Set(inputs)).toEqual(
      new Set([
        { a: 1, b: 2 },
        { a: 9, b: 2 },
      ]),
    )
    expect(model.answers.map(({ status }) => status)).toEqual(['success', 'error', 'success'])
  })

  it('keep their answers in order where the gateway has decided one meanwhile', async () => {
    const { agent, gateway, inputs, model } = asking(calls)
    await agent.invoke(question, config)
    await gateway.approvals.decide('approval_one', { decision: 'deny' })
    await agent.invoke(resume({ type: 'approve' }, { type: 'approve' }, { type: 'reject' }), config)
    expect(inputs).toEqual([{ a: 2, b: 2 }])
    expect(model.answers.map(({ status }) => status)).toEqual(['error', 'success', 'error'])
  })

  it('ask only about those that the guard asks about', async () => {
    const { agent, gateway, inputs } = asking(calls, (gatewayOf) =>
      enforced({
        guard: ({ name, toolCallId = '', inputHash = '' }) => {
          if (toolCallId === 'one') return { decision: 'allow' }
          if (toolCallId === 'two') return { decision: 'block' }
          gatewayOf().openApproval({ approvalId: 'approval_three', name, toolCallId, inputHash })
          return { decision: 'require_approval', approvalId: 'approval_three' }
        },
      }),
    )
    const paused = await agent.invoke(question, config)
    expect(interruptOf(paused)).toMatchObject({ actionRequests: [{ args: { a: 3 } }] })
    expect(inputs).toEqual([])
    await agent.invoke(resume({ type: 'approve' }), config)
    expect(inputs).toHaveLength(2)
    expect(gateway.asked).toHaveLength(3)
  })
})

describe('a restart', () => {
  it('in another process finds the question that was asked before, and does not ask again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pincer-durable-'))
    try {
      const first = await runChild(folder)
      expect(first).toMatchObject({
        inputs: [],
        approvals: [{ status: 'pending', name: 'add', sessionKey: 'thread-1', toolCallId: 'call_1' }],
      })
      const second = await runChild(folder, { decisions: [{ type: 'approve' }] })
      const approvalId: unknown = first.approvals[0]?.approvalId
      expect(second).toMatchObject({ said: 'Done.', inputs: [{ a: 1, b: 2 }] })
      expect(second.approvals).toMatchObject([{ approvalId, status: 'approved' }])
    } finally {
      await rm(folder, { recursive: true })
    }
  }, 30_000)

  it('does not take the question of another thread', async () => {
    const { agent, gateway, inputs } = asking()
    await agent.invoke(question, config)
    const other = { configurable: { thread_id: 'thread-2' } }
    gateway.openApproval({ approvalId: 'approval_call_1', name: 'add', sessionKey: 'thread-2' })
    await agent.invoke(question, other)
    expect(gateway.asked).toHaveLength(2)
    expect(inputs).toEqual([])
  })
})

describe('without durable', () => {
  it('a person is waited for as long as the middleware says', async () => {
    const { claw, model } = asking()
    const middleware = [guardMiddleware(claw, { approvalTimeoutMs: 30 })]
    await createAgent({ model, tools: [addTool()], middleware }).invoke(question)
    expect(model.answers[0]?.content).toContain('needs an approval that nobody gave in time')
  })
})

describe('with the callback handler', () => {
  it('the run is paused, goes on, and ends once; each fact is recorded once', async () => {
    const { agent, gateway, claw, of } = asking([addCall('one', 1), addCall('two', 2)])
    const recording = { ...config, callbacks: [new PincerCallbackHandler(claw)] }
    await agent.invoke(question, recording)
    expect(await of('run.completed')).toEqual([])
    expect(await of('approval.requested')).toHaveLength(2)
    await agent.invoke(resume({ type: 'approve' }, { type: 'reject', message: 'no' }), recording)
    expect(await of('run.started')).toHaveLength(1)
    expect(await of('run.completed')).toHaveLength(1)
    expect(await of('approval.requested')).toHaveLength(2)
    expect(await of('approval.resolved')).toHaveLength(2)
    expect(await of('tool.call.started')).toHaveLength(2)
    expect(await of('tool.call.completed')).toMatchObject([{ data: { toolCallId: 'one' } }])
    expect(await of('tool.call.failed')).toMatchObject([{ data: { toolCallId: 'two', outcome: 'denied' } }])
    expect(gateway.asked).toHaveLength(2)
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })
})

describe('durable', () => {
  it('needs a checkpointer', async () => {
    const { claw, model } = asking()
    const middleware = [guardMiddleware(claw, { durable: true })]
    const agent = createAgent({ model, tools: [addTool()], middleware })
    await expect(agent.invoke(question)).rejects.toThrow('durable needs a checkpointer to pause at')
    expect(claw.stats().open).toBe(0)
  })

  it('asks with words of its own', async () => {
    const { claw, model } = asking()
    const description = (name: string, input: unknown): string => `May I ${name} ${JSON.stringify(input)}?`
    const agent = createAgent({
      model,
      tools: [addTool()],
      middleware: [guardMiddleware(claw, { durable: true, description })],
      checkpointer: new MemorySaver(),
    })
    const paused = await agent.invoke(question, config)
    expect(interruptOf(paused)).toMatchObject({
      actionRequests: [{ description: 'May I add {"a":1,"b":2}?' }],
    })
  })

  it('in observe mode changes nothing', async () => {
    const { agent, model } = asking([addCall()], () =>
      recorded({}, { guard: () => ({ decision: 'require_approval', approvalId: 'x' }) }),
    )
    const result = await agent.invoke(question, config)
    expect(result).not.toHaveProperty('__interrupt__')
    expect(model.answers).toMatchObject([{ content: '3' }])
  })
})

interface Ending {
  readonly said: string
  readonly inputs: readonly unknown[]
  readonly approvals: readonly { readonly approvalId: string; readonly status: string }[]
}

/** Runs the program once, in a process of its own. */
function runChild(folder: string, answer?: unknown): Promise<Ending> {
  const child = fileURLToPath(new URL('guard-durable-child.ts', import.meta.url))
  const parameters = ['--conditions=@pincer/source', child, folder]
  if (answer !== undefined) parameters.push(JSON.stringify(answer))
  return new Promise((resolve, reject) => {
    execFile(process.execPath, parameters, (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout) as Ending)
      else reject(new Error(stderr, { cause: error }))
    })
  })
}

function interruptOf(state: object): unknown {
  const interrupts: unknown = Reflect.get(state, '__interrupt__')
  if (!Array.isArray(interrupts) || interrupts.length !== 1) throw new Error('expected one interrupt')
  return (interrupts[0] as { readonly value: unknown }).value
}
