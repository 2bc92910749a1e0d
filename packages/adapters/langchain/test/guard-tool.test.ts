import { DynamicStructuredTool, DynamicTool, StructuredTool, tool } from '@langchain/core/tools'
import { createAgent } from 'langchain'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { guardMiddleware, guardTool } from '../src/guard.ts'
import { addCall, addTool, enforced, question, recorded, ScriptedModel } from './guard-fixture.ts'

const toolCall = { ...addCall(), type: 'tool_call' as const }
const block = { guard: () => ({ decision: 'block' as const, reason: 'not today' }) }

describe('a guarded tool', () => {
  it('is what it was', () => {
    const { claw } = enforced()
    const given = tool((input: { a: number }) => [String(input.a), { raw: input.a }], {
      name: 'pair',
      description: 'Gives two.',
      schema: z.object({ a: z.number() }),
      responseFormat: 'content_and_artifact',
      returnDirect: true,
      metadata: { kind: 'sum' },
    })
    const guarded = guardTool(given, claw)
    expect(guarded).toBeInstanceOf(DynamicStructuredTool)
    expect(guarded).not.toBe(given)
    for (const field of [
      'name',
      'description',
      'schema',
      'responseFormat',
      'returnDirect',
      'metadata',
    ] as const)
      expect(guarded[field]).toBe(given[field])
    expect(Object.keys(guarded)).toEqual(Object.keys(given))
  })

  it('may have private fields and getters', async () => {
    class Counter extends StructuredTool {
      #count = 41
      schema = z.object({})
      name = 'counter'
      get description(): string {
        return `Counts from ${this.#count}.`
      }
      protected async _call(): Promise<string> {
        return String(++this.#count)
      }
    }
    const { claw, gateway } = enforced()
    const guarded = guardTool(new Counter(), claw)
    expect(guarded).toBeInstanceOf(Counter)
    expect(guarded.description).toBe('Counts from 41.')
    expect(await guarded.invoke({})).toBe('42')
    expect(gateway.asked).toMatchObject([{ name: 'counter' }])
  })

  it('takes plain arguments, and is recorded once', async () => {
    const { claw, gateway, of } = enforced()
    const guarded = guardTool(addTool(), claw, { risk: 'high' })
    expect(await guarded.invoke({ a: 1, b: 2 })).toBe('3')
    expect(gateway.asked).toMatchObject([{ name: 'add', input: { a: 1, b: 2 }, risk: 'high' }])
    expect(await of('tool.call.completed')).toMatchObject([{ data: { output: '3' } }])
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it("takes a model's call", async () => {
    const { claw, gateway, of } = enforced()
    const answer: unknown = await guardTool(addTool(), claw).invoke(toolCall)
    expect(answer).toMatchObject({ content: '3', status: 'success', tool_call_id: 'call_1' })
    expect(gateway.asked).toMatchObject([{ toolCallId: 'call_1' }])
    expect(await of('tool.call.completed')).toMatchObject([{ data: { toolCallId: 'call_1', output: '3' } }])
  })

  it('takes one text', async () => {
    const { claw, gateway } = enforced()
    const shout = new DynamicTool({
      name: 'shout',
      description: '',
      func: async (text) => text.toUpperCase(),
    })
    expect(await guardTool(shout, claw).invoke('hi')).toBe('HI')
    expect(gateway.asked).toMatchObject([{ name: 'shout', input: 'hi' }])
  })

  it('is guarded by every way it can be run', async () => {
    const { claw } = enforced(block)
    const guarded = guardTool(addTool(), claw)
    const input = { a: 1, b: 2 }
    await expect(guarded.invoke(input)).rejects.toMatchObject({ code: 'guard_blocked' })
    await expect(guarded.call(input)).rejects.toMatchObject({ code: 'guard_blocked' })
    const runnable = guarded as unknown as StructuredTool
    await expect(runnable.batch([input])).rejects.toMatchObject({ code: 'guard_blocked' })
    await expect(runnable.stream(input)).rejects.toMatchObject({ code: 'guard_blocked' })
    await expect(runnable.withConfig({}).invoke(input)).rejects.toMatchObject({ code: 'guard_blocked' })
  })

  it('that fails throws what it threw', async () => {
    const { claw, of } = enforced()
    const thrown = new RangeError('too far')
    const failing = tool(() => Promise.reject(thrown), { name: 'fail', schema: z.object({}) })
    await expect(guardTool(failing, claw).invoke({})).rejects.toBe(thrown)
    expect(await of('tool.call.failed')).toMatchObject([{ data: { error: { name: 'RangeError' } } }])
  })
})

describe('a refused call', () => {
  it('that a program made throws, and the tool is never called', async () => {
    const { claw, of } = enforced(block)
    const calls: unknown[] = []
    const guarded = guardTool(addTool(calls), claw)
    await expect(guarded.invoke({ a: 1, b: 2 })).rejects.toMatchObject({ code: 'guard_blocked' })
    expect(calls).toEqual([])
    expect(await of('tool.call.failed')).toMatchObject([{ data: { outcome: 'blocked' } }])
    expect(claw.stats().open).toBe(0)
  })

  it('that a model made is a message', async () => {
    const { claw } = enforced(block)
    const answer: unknown = await guardTool(addTool(), claw).invoke(toolCall)
    expect(answer).toMatchObject({
      status: 'error',
      tool_call_id: 'call_1',
      content: 'The call of "add" was blocked and did not happen. Reason: not today',
    })
  })

  it('is what onRefused says', async () => {
    const { claw } = enforced(block)
    await expect(guardTool(addTool(), claw, { onRefused: 'throw' }).invoke(toolCall)).rejects.toThrow(
      'not today',
    )
    const telling = guardTool(addTool(), claw, { onRefused: 'message' })
    expect(await telling.invoke({ a: 1, b: 2 })).toContain('not today')
  })
})

describe('an approval', () => {
  it('may change the arguments of a plain call and of a model’s call', async () => {
    const { claw, gateway } = enforced({
      guard: ({ toolCallId }) => ({ decision: 'require_approval', approvalId: toolCallId ?? 'plain' }),
    })
    gateway.openApproval({ approvalId: 'call_1', name: 'add' })
    await gateway.approvals.decide('call_1', { decision: 'approve', input: { a: 40, b: 2 } })
    const answer: unknown = await guardTool(addTool(), claw).invoke(toolCall)
    expect(answer).toMatchObject({ content: '42' })
    expect(toolCall.args).toEqual({ a: 1, b: 2 })
  })
})

describe('in an agent', () => {
  it('asks once together with the middleware', async () => {
    const { claw, gateway, of } = enforced()
    const model = new ScriptedModel([addCall('one'), addCall('two')], 'Done.')
    const agent = createAgent({
      model,
      tools: [guardTool(guardTool(addTool(), claw), claw)],
      middleware: [guardMiddleware(claw)],
    })
    await agent.invoke(question)
    expect(model.answers.map(({ content }) => content)).toEqual(['3', '3'])
    expect(gateway.asked).toHaveLength(2)
    expect(await of('tool.call.started')).toHaveLength(2)
  })

  it('works without the middleware; a refusal does not end the agent', async () => {
    const { claw, gateway } = enforced(block)
    const model = new ScriptedModel([addCall()], 'I may not.')
    const agent = createAgent({ model, tools: [guardTool(addTool(), claw)] })
    const { messages } = await agent.invoke(question)
    expect(messages.at(-1)?.text).toBe('I may not.')
    expect(model.answers[0]).toMatchObject({ status: 'error' })
    expect(gateway.asked).toHaveLength(1)
  })
})

describe('options', () => {
  const make = guardTool as (...given: readonly unknown[]) => unknown
  const { claw } = recorded()

  it.each([
    ['no tool', [{}, claw], 'guardTool: expected a tool such as tool(…), found an object'],
    ['no claw', [addTool(), undefined], 'guardTool: expected a claw of createClient'],
    ['an option of the middleware', [addTool(), claw, { durable: true }], 'durable is no option'],
  ])('%s is refused', (_, given, message) => {
    expect(() => make(...given)).toThrow(message)
  })
})
