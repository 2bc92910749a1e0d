import { createTool } from '@mastra/core/tools'
import { GatewayError } from '@pincer/protocol'
import { eventually } from '@pincer/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { requireApproval } from '../src/index.ts'
import {
  addTool,
  callTool,
  connectClient,
  listening,
  textOf,
  watched,
  type Watched,
} from './serve-fixture.ts'

const block = { guard: () => ({ decision: 'block' as const, reason: 'not today' }) }

/** A guard that asks a person about everything. */
function asking(): Watched {
  const made = watched({
    guard({ name, toolCallId, inputHash }) {
      made.gateway.openApproval({
        approvalId: 'approval-1',
        name,
        ...(toolCallId !== undefined && { toolCallId }),
        ...(inputHash !== undefined && { inputHash }),
      })
      return { decision: 'require_approval', approvalId: 'approval-1', reason: 'adds' }
    },
  })
  return made
}

/** Answers once the question is there. */
async function answer(
  { gateway }: Watched,
  ...[decision]: [Parameters<Watched['gateway']['approvals']['decide']>[1]]
) {
  await eventually(async () => (await gateway.approvals.get('approval-1'))?.status === 'pending' || undefined)
  await gateway.approvals.decide('approval-1', decision)
}

describe('the guard before a served tool', () => {
  it('tells the agent what it blocks, and why', async () => {
    const { claw, of } = watched(block)
    const calls: unknown[] = []
    const client = await connectClient(await listening({ add: addTool(calls) }, claw))
    const result = await callTool(client, 'add', { a: 1, b: 2 })
    expect(result.isError).toBe(true)
    expect(textOf(result)).toBe('The call of "add" was blocked and did not happen. Reason: not today')
    expect(calls).toEqual([])
    expect(await of('tool.call.failed')).toMatchObject([{ data: { outcome: 'blocked' } }])
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('only records in observe mode', async () => {
    const { claw, of } = watched(block, { guard: { mode: 'observe' } })
    const client = await connectClient(await listening({ add: addTool() }, claw))
    expect((await callTool(client, 'add', { a: 1, b: 2 })).structuredContent).toEqual({ sum: 3 })
    expect(await eventually(async () => (await of('guard.decided'))[0])).toMatchObject({
      data: { decision: 'block', enforced: false },
    })
  })

  it('stops where the guard cannot be asked', async () => {
    const { claw } = watched({
      guard: () => {
        throw new GatewayError('down at /srv/secret/gateway.ts')
      },
    })
    const calls: unknown[] = []
    const client = await connectClient(await listening({ add: addTool(calls) }, claw))
    const result = await callTool(client, 'add', { a: 1, b: 2 })
    expect(textOf(result)).toBe(
      'The call of "add" needs a permission that nobody could be asked for, and did not happen.',
    )
    expect(calls).toEqual([])
  })

  it('waits for a person, and calls with the arguments that the person put in', async () => {
    const made = asking()
    const calls: unknown[] = []
    const client = await connectClient(await listening({ add: addTool(calls) }, made.claw))
    const calling = callTool(client, 'add', { a: 1, b: 2 })
    await answer(made, { decision: 'approve', input: { a: 20, b: 2 } })
    expect((await calling).structuredContent).toEqual({ sum: 22 })
    expect(calls).toMatchObject([{ a: 20, b: 2 }])
  })

  it('checks the arguments that a person put in', async () => {
    const made = asking()
    const calls: unknown[] = []
    const client = await connectClient(await listening({ add: addTool(calls) }, made.claw))
    const calling = callTool(client, 'add', { a: 1, b: 2 })
    await answer(made, { decision: 'approve', input: { a: 'many', b: 2 } })
    expect(textOf(await calling)).toMatch(/^the arguments of "add" do not fit: a: .*expected number/)
    expect(calls).toEqual([])
  })

  it('tells the agent that a person denied, or nobody answered', async () => {
    const made = asking()
    const client = await connectClient(await listening({ add: addTool() }, made.claw))
    const calling = callTool(client, 'add', { a: 1, b: 2 })
    await answer(made, { decision: 'deny', reason: 'too much' })
    expect(textOf(await calling)).toBe(
      'The call of "add" was denied by a person and did not happen. Reason: too much',
    )
    const silent = asking()
    const serve = { approvalTimeoutMs: 20 }
    const other = await connectClient(await listening({ add: addTool() }, silent.claw, { serve }))
    expect(textOf(await callTool(other, 'add', { a: 1, b: 2 }))).toMatch(
      /an approval that nobody gave in time/,
    )
    expect(await silent.of('tool.call.failed')).toMatchObject([{ data: { outcome: 'timed_out' } }])
  })

  it('asks nobody about arguments that the tool does not take', async () => {
    const { claw, gateway, of } = watched()
    const client = await connectClient(await listening({ add: addTool() }, claw))
    expect((await callTool(client, 'add', { a: 'x', b: 2 })).isError).toBe(true)
    expect(gateway.asked).toEqual([])
    expect(await of('tool.call.failed')).toMatchObject([
      { data: { outcome: 'error', error: { code: expect.anything() } } },
    ])
  })

  describe.each([
    ['always', true],
    ['for these arguments', async ({ path }: { path: string }) => path !== '/tmp'],
    [
      'where it cannot be told',
      () => {
        throw new Error('no idea')
      },
    ],
  ] as const)('a tool that needs approval %s', (_, requireApproval) => {
    const make = (calls: unknown[]) =>
      createTool({
        id: 'wipe',
        description: 'Wipes.',
        inputSchema: z.object({ path: z.string() }),
        requireApproval,
        execute: async (input) => {
          calls.push(input)
          return 'wiped'
        },
      })

    it('does not run where the guard asked nobody, in either mode', async () => {
      for (const mode of ['enforce', 'observe'] as const) {
        const { claw } = watched({}, { guard: { mode } })
        const calls: unknown[] = []
        const client = await connectClient(await listening([make(calls)], claw))
        const result = await callTool(client, 'wipe', { path: '/' })
        expect(textOf(result)).toMatch(/^The call of "wipe" was blocked and did not happen\. Reason: \w/)
        expect(calls).toEqual([])
      }
    })

    it('runs where a person has approved the call', async () => {
      const made = asking()
      const calls: unknown[] = []
      const client = await connectClient(await listening([make(calls)], made.claw))
      const calling = callTool(client, 'wipe', { path: '/' })
      await answer(made, { decision: 'approve' })
      expect(textOf(await calling)).toBe('wiped')
      expect(calls).toEqual([{ path: '/' }])
    })
  })

  it('lets a tool run whose own function needs no approval', async () => {
    const { claw } = watched()
    const look = createTool({
      id: 'look',
      description: 'Looks.',
      requireApproval: () => false,
      execute: async () => 'seen',
    })
    const client = await connectClient(await listening({ look }, claw))
    expect(textOf(await callTool(client, 'look'))).toBe('seen')
  })
})

describe('tools that ask by themselves', () => {
  it('are asked about and recorded once, where they stand', async () => {
    const { claw, gateway, of } = watched()
    const calls: unknown[] = []
    const client = await connectClient(await listening(requireApproval(claw, { add: addTool(calls) }), claw))
    const meta = { 'pincer/runId': 'run_7', 'pincer/toolCallId': 'call_9' }
    expect(textOf(await callTool(client, 'add', { a: 1, b: 2 }, { meta }))).toBe('{"sum":3}')
    expect(calls).toMatchObject([{ a: 1, b: 2, toolCallId: 'call_9' }])
    expect(gateway.asked).toHaveLength(1)
    const [started] = await of('run.started')
    expect(await of('run.started')).toHaveLength(1)
    expect(started?.parentRunId).toBe('run_7')
    expect(await of('tool.call.completed')).toMatchObject([
      { runId: started?.runId, data: { toolCallId: 'call_9', outcome: 'ok' } },
    ])
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('wait for a person, for nobody could resume them', async () => {
    const made = asking()
    const client = await connectClient(
      await listening(requireApproval(made.claw, { add: addTool() }), made.claw),
    )
    const calling = callTool(client, 'add', { a: 1, b: 2 })
    await answer(made, { decision: 'approve' })
    expect(textOf(await calling)).toBe('{"sum":3}')
    expect(made.gateway.asked).toHaveLength(1)
  })

  it('tell the agent why not', async () => {
    const { claw } = watched(block)
    const client = await connectClient(await listening(requireApproval(claw, { add: addTool() }), claw))
    expect(textOf(await callTool(client, 'add', { a: 1, b: 2 }))).toBe(
      'The call of "add" was blocked and did not happen. Reason: not today',
    )
  })
})
