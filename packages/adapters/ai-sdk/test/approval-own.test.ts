// What a program says about approvals itself keeps its say, with the guard and in observe mode.
import { eventually } from '@pincer/testing'
import { tool, type Tool } from 'ai'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import type { OwnApproval } from '../src/approval-own.ts'
import { pincerApproval } from '../src/approval.ts'
import {
  addCall,
  addTool,
  answered,
  asking,
  enforced,
  recorded,
  requestsOf,
  generate,
  runners,
  ScriptedModel,
} from './approval-fixture.ts'

interface Own {
  readonly tool?: Partial<Tool>
  readonly toolApproval?: OwnApproval
}

const seen: unknown[] = []
const owns: readonly (readonly [string, Own])[] = [
  ['needsApproval', { tool: { needsApproval: true } }],
  ['needsApproval that says no', { tool: { needsApproval: false } }],
  ['needsApproval as a function', { tool: { needsApproval: async ({ a }: { a: number }) => a === 1 } }],
  ['an entry for the tool', { toolApproval: { add: 'user-approval' } }],
  ['an entry for another tool', { toolApproval: { other: 'denied' }, tool: { needsApproval: true } }],
  ['an entry that denies', { toolApproval: { add: { type: 'denied', reason: 'I say no' } } }],
  [
    'an entry that is a function',
    {
      toolApproval: {
        add: ((input: unknown, { toolCallId, messages }: { toolCallId: string; messages: unknown[] }) => {
          seen.push([input, toolCallId, messages.length])
          return { type: 'user-approval', reason: 'sure?' } as const
        }) as never,
      },
    },
  ],
  [
    'a function',
    {
      toolApproval: (({ toolCall }: { toolCall: { toolName: string } }) =>
        toolCall.toolName === 'add' ? 'denied' : undefined) as never,
    },
  ],
  ['a function that says nothing', { toolApproval: () => undefined, tool: { needsApproval: true } }],
]

function scene({ tool: own }: Own) {
  const inputs: unknown[] = []
  return {
    inputs,
    tools: { add: { ...addTool(inputs), ...own } as Tool },
    model: new ScriptedModel([addCall()], 'Done.'),
  }
}

// Ids that the AI SDK makes differ from run to run.
function comparable({
  text,
  finishReason,
  parts,
  messages,
}: Awaited<ReturnType<(typeof runners)[number][1]>>): string {
  return JSON.stringify([text, finishReason, parts, messages]).replaceAll(/aitxt-\w+/g, 'id')
}

describe.each(runners)('%s', (_, run) => {
  it.each(owns)('%s means what it means without us, answered too', async (_name, own) => {
    for (const make of [recorded, enforced]) {
      const bare = scene(own)
      const with_ = scene(own)
      seen.length = 0
      const { claw } = make()
      const toolApproval = pincerApproval(
        claw,
        own.toolApproval === undefined ? {} : { toolApproval: own.toolApproval },
      )
      const bareApproval = own.toolApproval as never
      const plain = await run({ ...bare, toolApproval: bareApproval })
      const said = await run({ ...with_, toolApproval })
      expect(comparable(said)).toBe(comparable(plain))
      expect(with_.inputs).toEqual(bare.inputs)
      if (seen.length > 0) expect(seen[1]).toEqual(seen[0])
      if (requestsOf(plain).length > 0) {
        const yes = await run({ ...bare, toolApproval: bareApproval, messages: answered(plain, true) })
        const again = await run({ ...with_, toolApproval, messages: answered(said, true) })
        expect(comparable(again)).toBe(comparable(yes))
        expect(with_.inputs).toEqual([{ a: 1, b: 2 }])
      }
      expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    }
  })

  it('what the program denies, nobody is asked about', async () => {
    const { claw, gateway } = asking()
    const { inputs, tools, model } = scene({})
    await run({ model, tools, toolApproval: pincerApproval(claw, { toolApproval: { add: 'denied' } }) })
    expect(gateway.asked).toEqual([])
    expect(inputs).toEqual([])
  })

  it('what the program wants to ask the chat about, the gateway asks about too', async () => {
    const { claw, gateway } = asking()
    const { inputs, tools, model } = scene({ tool: { needsApproval: true } })
    const toolApproval = pincerApproval(claw, { ask: 'user' })
    const paused = await run({ model, tools, toolApproval })
    expect(requestsOf(paused)).toMatchObject([{ reason: 'sums need a person [pincer:question_1]' }])
    await run({ model, tools, toolApproval, messages: answered(paused, true) })
    expect(inputs).toHaveLength(1)
    expect(gateway.asked).toHaveLength(1)
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })
})

it('what the program throws is thrown, and nothing happens', async () => {
  const { claw } = recorded()
  for (const [, run] of runners) {
    const { inputs, tools, model } = scene({})
    const toolApproval = pincerApproval(claw, {
      toolApproval: () => {
        throw new RangeError('too far')
      },
    })
    await expect(run({ model, tools, toolApproval })).rejects.toThrow('too far')
    expect(inputs).toEqual([])
  }
})

it('the context of a tool is checked as the AI SDK checks it', async () => {
  const { claw } = recorded()
  const contexts: unknown[] = []
  const add = tool({
    inputSchema: z.object({}),
    contextSchema: z.object({ user: z.string() }),
    needsApproval: (_: unknown, { context }: { context: { user: string } }) => {
      contexts.push(context)
      return true
    },
    execute: async () => 'done',
  } as never) as Tool
  const approve = pincerApproval(claw)
  const call = {
    toolCall: { toolCallId: 'call_1', toolName: 'add', input: {} },
    tools: { add },
    messages: [],
    runtimeContext: {},
  }
  expect(await approve({ ...call, toolsContext: { add: { user: 'Ada', more: 1 } } })).toBe('user-approval')
  expect(contexts).toEqual([{ user: 'Ada' }])
  await expect(approve({ ...call, toolsContext: { add: {} } })).rejects.toThrow('Type validation failed')
})

describe('what is asked about', () => {
  it('is what the option says', async () => {
    const { claw, gateway } = enforced({ guard: () => ({ decision: 'block', reason: 'no' }) })
    for (const tools of [
      ['other'],
      () => false,
      (name: string, input: unknown) => name !== 'add' && input === 1,
    ]) {
      const { inputs, tools: own, model } = scene({})
      await generate({ model, tools: own, toolApproval: pincerApproval(claw, { tools }) })
      expect(inputs).toHaveLength(1)
    }
    expect(gateway.asked).toEqual([])
  })

  it('is asked about where the test breaks, and rated highest where rating does', async () => {
    const { claw, gateway, faults } = enforced({ guard: () => ({ decision: 'block', reason: 'no' }) })
    const broken = (): never => {
      throw new Error('broken')
    }
    const { inputs, tools, model } = scene({})
    await generate({
      model,
      tools,
      toolApproval: pincerApproval(claw, { tools: broken, risk: broken }),
    })
    expect(inputs).toEqual([])
    expect(gateway.asked).toMatchObject([{ risk: 'critical' }])
    expect(faults).toHaveLength(2)
  })

  it('is a tool that the program executes itself, too', async () => {
    const ask = tool({ inputSchema: z.object({}), outputSchema: z.string() })
    const model = new ScriptedModel([{ id: 'call_1', name: 'ask', args: {} }], 'Done.')
    const { claw, gateway } = enforced()
    const allowed = await generate({ model, tools: { ask }, toolApproval: pincerApproval(claw) })
    expect(allowed.finishReason).toBe('tool-calls')
    expect(gateway.asked).toMatchObject([{ name: 'ask' }])
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    const blocking = enforced({ guard: () => ({ decision: 'block', reason: 'no' }) })
    await generate({ model, tools: { ask }, toolApproval: pincerApproval(blocking.claw) })
    expect(model.told[0]).toContain('execution-denied: The call of "ask" was blocked')
  })

  it('is no call that the provider makes', async () => {
    const { claw, gateway } = asking()
    const status = await pincerApproval(claw)({
      toolCall: { toolCallId: 'call_1', toolName: 'add', input: {}, providerExecuted: true },
      tools: { add: addTool() },
      messages: [],
      toolsContext: {},
      runtimeContext: {},
    })
    expect(status).toBeUndefined()
    expect(gateway.asked).toEqual([])
  })
})

describe('refused', () => {
  const make = pincerApproval as (...values: readonly unknown[]) => unknown
  const { claw } = recorded()
  it.each([
    ['no claw', [{}], 'pincerApproval: expected a claw of createClient, found an object'],
    ['an unknown option', [claw, { mode: 'wait' }], 'mode: not an option of pincerApproval()'],
    ['options that are none', [claw, 'wait'], 'expected an object of options'],
    ['a wrong way to ask', [claw, { ask: 'chat' }], "ask: expected 'wait' or 'user', found a string"],
    ['a wrong signal', [claw, { signal: {} }], 'signal: expected an AbortSignal or a function'],
    ['a wrong list', [claw, { tools: [1] }], 'tools: expected a list of tool names or a function'],
    ['an empty session', [claw, { sessionKey: '' }], 'sessionKey: expected a text'],
  ])('%s', (_, values, message) => {
    expect(() => make(...values)).toThrow(message)
  })
})

it('a client that asks twice at once is told by each question', async () => {
  const { claw, gateway } = asking()
  const both = [scene({}), scene({})]
  const running = both.map(({ model, tools }) =>
    generate({ model, tools, toolApproval: pincerApproval(claw) }),
  )
  await eventually(() => gateway.asked.length === 2)
  await gateway.approvals.decide('question_1', { decision: 'approve' })
  await gateway.approvals.decide('question_2', { decision: 'approve' })
  await Promise.all(running)
  expect(both.map(({ inputs }) => inputs.length)).toEqual([1, 1])
})
