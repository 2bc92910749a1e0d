// Gateways that are down, slow or broken; and the guard of a real local gateway.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createClient, isAbort } from '@pincer/core'
import { localGateway, type LocalGatewayOptions, startLocalGateway } from '@pincer/local-gateway'
import { GatewayError, type GuardDecision } from '@pincer/protocol'
import { eventually, type Fault, type FaultProxy, startFaultProxy } from '@pincer/testing'
import { tool } from 'ai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'

import { pincerApproval } from '../src/approval.ts'
import { guardTools } from '../src/guard-tools.ts'
import {
  addCall,
  addTool,
  answered,
  enforced,
  generate,
  recorded,
  requestsOf,
  runners,
  type Runner,
  ScriptedModel,
} from './approval-fixture.ts'

type Claw = Parameters<typeof pincerApproval>[0]
type Guard = NonNullable<Parameters<typeof createClient>[0]['guard']>

const calls = [addCall('one', 1), { id: 'two', name: 'fail', args: {} }, addCall('three', 3)]
const fail = tool({ inputSchema: z.object({}), execute: () => Promise.reject<string>(new Error('boom')) })

/** What a program says, and every message of it: guarded by the approval function, by the tools, or by both. */
async function talk(run: Runner, claw?: Claw, by: readonly ('approval' | 'tools')[] = ['approval', 'tools']) {
  const inputs: unknown[] = []
  const model = new ScriptedModel(calls, 'Done.')
  const own = { add: addTool(inputs), fail }
  const { text, messages } = await run({
    model,
    tools: claw !== undefined && by.includes('tools') ? guardTools(claw, own) : own,
    toolApproval: claw !== undefined && by.includes('approval') ? pincerApproval(claw) : undefined,
  })
  return { told: JSON.stringify([text, messages.map(inOrder)]), inputs: inputs.toSorted(byText) }
}

// Tools that run side by side begin and end in any order.
function inOrder(message: Awaited<ReturnType<Runner>>['messages'][number]): unknown {
  return message.role === 'tool' ? { ...message, content: message.content.toSorted(byText) } : message
}

function byText(left: unknown, right: unknown): number {
  return JSON.stringify(left) < JSON.stringify(right) ? -1 : 1
}

const ways = [['approval'], ['tools'], ['approval', 'tools']] as const

describe.each(runners)('in observe mode %s is what it is without us', (_, run) => {
  it.each([
    ['is there', {}],
    ['blocks everything', { guard: () => ({ decision: 'block' as const }) }],
    ['asks a person', { guard: () => ({ decision: 'require_approval' as const, approvalId: 'x' }) }],
    ['is down', { fail: () => new GatewayError('down', { retryable: true }) }],
    ['breaks', { fail: () => new TypeError('broken') }],
    ['answers garbage', { guard: () => 'yes' as unknown as GuardDecision }],
    ['answers nothing', { guard: () => null as unknown as GuardDecision }],
  ])('where the gateway %s', async (_name, behaviour) => {
    const bare = await talk(run)
    for (const way of ways) {
      const { claw } = recorded({}, behaviour)
      expect(await talk(run, claw, way)).toEqual(bare)
      await claw.close({ timeoutMs: 50 })
    }
  })

  it('where the gateway is slow: nobody waits for it', async () => {
    const { claw, gateway } = recorded({}, { slowMs: 60_000 })
    const startedAt = performance.now()
    expect(await talk(run, claw)).toEqual(await talk(run))
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    await eventually(() => gateway.asked.length === 3)
    await claw.close({ timeoutMs: 50 })
  })

  it('where the signal is aborted that gives questions up', async () => {
    const { claw } = recorded()
    const toolApproval = pincerApproval(claw, { signal: AbortSignal.abort() })
    const inputs: unknown[] = []
    const said = await run({
      model: new ScriptedModel([addCall()], 'Done.'),
      tools: { add: addTool(inputs) },
      toolApproval,
    })
    expect(said.text).toBe('Done.')
    expect(inputs).toHaveLength(1)
  })
})

describe('in enforce mode', () => {
  const down = { fail: () => new GatewayError('down', { retryable: true }) }
  const garbage = { guard: () => ({ decision: 'perhaps' }) as unknown as GuardDecision }

  it.each([
    ['down', down],
    ['answering garbage', garbage],
  ])('open: a gateway that is %s stops nothing', async (_, behaviour) => {
    const bare = await talk(generate)
    for (const way of ways) {
      const { claw, faults } = enforced(behaviour, { fail: 'open' })
      expect(await talk(generate, claw, way)).toEqual(bare)
      expect(faults).not.toEqual([])
      await claw.close({ timeoutMs: 50 })
    }
  })

  it.each([
    ['down', down],
    ['answering garbage', garbage],
    ['slow', { slowMs: 60_000 }],
  ])('closed: with a gateway that is %s no tool acts, and the program goes on', async (_, behaviour) => {
    for (const way of ways) {
      const { claw } = enforced(behaviour, { fail: 'closed', timeoutMs: 50 })
      const { told, inputs } = await talk(generate, claw, way)
      expect(inputs).toEqual([])
      expect(
        told.match(/needs a permission that nobody could be asked for, and did not happen/g)?.length,
      ).toBeGreaterThan(2)
      expect(told).toContain('Done.')
      await claw.close({ timeoutMs: 50 })
    }
  })

  it('a signal that is aborted already gives no permission to what a person has to be asked about', async () => {
    const { claw } = enforced({ guard: () => ({ decision: 'require_approval', approvalId: 'x' }) })
    const toolApproval = pincerApproval(claw, { signal: AbortSignal.abort() })
    const inputs: unknown[] = []
    const program = {
      model: new ScriptedModel([addCall()], 'Done.'),
      tools: { add: addTool(inputs) },
      toolApproval,
    }
    await generate(program).catch((error: unknown) => expect(isAbort(error)).toBe(true))
    expect(inputs).toEqual([])
    expect(claw.stats().open).toBe(0)
  })
})

describe('over a real connection', () => {
  const held: { server?: Awaited<ReturnType<typeof startLocalGateway>>; proxy?: FaultProxy } = {}
  beforeAll(async () => {
    held.server = await startLocalGateway({
      port: 0,
      databasePath: ':memory:',
      policies: [{ id: 'no-sums', match: { tool: 'add' }, action: 'block', reason: 'no sums' }],
    })
    held.proxy = await startFaultProxy(held.server.url)
  })
  beforeEach(() => held.proxy?.set({ kind: 'none' }))
  afterAll(async () => {
    await held.proxy?.close()
    await held.server?.close()
  })

  async function through(fault: Fault, guard: Guard): Promise<Awaited<ReturnType<typeof talk>>> {
    const gateway = localGateway({ url: held.proxy?.url ?? '' })
    const claw = createClient({ gateway, guard: { timeoutMs: 150, ...guard }, onError: () => {} })
    await held.proxy?.set(fault)
    try {
      return await talk(generate, claw)
    } finally {
      await claw.close({ timeoutMs: 100 })
    }
  }

  const faults: Fault[] = [
    { kind: 'down' },
    { kind: 'refuse' },
    { kind: 'hang' },
    { kind: 'status', status: 503 },
    { kind: 'garbage' },
    { kind: 'garbage', body: '{"decision":"perhaps"}' },
    { kind: 'cut-response' },
  ]

  it.each([...faults, { kind: 'none' }] as Fault[])(
    'observe, $kind: it is what it is without us',
    async (fault) => {
      expect(await through(fault, { mode: 'observe' })).toEqual(await talk(generate))
    },
  )

  it.each(faults)('fail open, $kind: it is what it is without us', async (fault) => {
    expect(await through(fault, { mode: 'enforce', fail: 'open' })).toEqual(await talk(generate))
  })

  it.each(faults)('fail closed, $kind: no tool acts', async (fault) => {
    const { told, inputs } = await through(fault, { mode: 'enforce', fail: 'closed' })
    expect(inputs).toEqual([])
    expect(told).toContain('needs a permission that nobody could be asked for')
  })

  it('enforce, with nothing wrong: what is blocked is blocked', async () => {
    const { told, inputs } = await through({ kind: 'none' }, { mode: 'enforce' })
    expect(inputs).toEqual([])
    expect(told).toContain('Reason: no sums')
  })
})

describe.each(runners)('%s on the local gateway', (_, run) => {
  async function on(
    options: Partial<LocalGatewayOptions>,
    work: (claw: Claw, gateway: ReturnType<typeof localGateway>) => Promise<void>,
  ) {
    const gateway = localGateway({ databasePath: ':memory:', ...options })
    const claw = createClient({ gateway, guard: { mode: 'enforce' } })
    try {
      await work(claw, gateway)
    } finally {
      await claw.close({ timeoutMs: 1_000 })
    }
  }
  const ask = {
    id: 'ask',
    match: { tool: 'add' },
    action: 'require_approval' as const,
    reason: 'sums need a person',
  }

  it('a risk, a name and a limit decide', async () => {
    const policies = [
      {
        id: 'danger',
        match: { risk: 'critical' as const },
        action: 'block' as const,
        reason: 'too dangerous',
      },
      {
        id: 'limit',
        match: { tool: 'add' },
        action: 'block' as const,
        limit: { count: 1, perMs: 60_000, scope: 'tool' as const },
      },
    ]
    await on({ policies }, async (claw) => {
      const dangerous = new ScriptedModel([addCall()], 'Done.')
      const toolApproval = pincerApproval(claw, { risk: 'critical' })
      await run({ model: dangerous, tools: { add: addTool() }, toolApproval })
      expect(dangerous.told).toEqual([
        'execution-denied: The call of "add" was blocked and did not happen. Reason: too dangerous',
      ])
      const inputs: unknown[] = []
      const greedy = new ScriptedModel([addCall('one'), addCall('two')], 'Done.')
      await run({ model: greedy, tools: { add: addTool(inputs) }, toolApproval: pincerApproval(claw) })
      expect(inputs).toHaveLength(1)
      expect(greedy.told.join()).toContain('was blocked and did not happen')
    })
  })

  it('a chat asks, and its answer is the approval of the gateway', async () => {
    await on({ policies: [ask] }, async (claw, gateway) => {
      const inputs: unknown[] = []
      const program = {
        model: new ScriptedModel([addCall()], 'Done.'),
        tools: guardTools(claw, { add: addTool(inputs) }),
        toolApproval: pincerApproval(claw, { ask: 'user', sessionKey: 'chat-1', decidedBy: 'Ada' }),
      }
      const paused = await run(program)
      expect(requestsOf(paused)[0]?.reason).toMatch(/^sums need a person \[pincer:apr_/)
      await run({ ...program, messages: answered(paused, true) })
      expect(inputs).toHaveLength(1)
      expect(await gateway.approvals.list()).toMatchObject([
        { status: 'approved', decidedBy: 'Ada', sessionKey: 'chat-1', toolCallId: 'call_1' },
      ])
      await claw.flush()
      const { items } = await gateway.runs.list()
      expect(items).toMatchObject([{ sessionKey: 'chat-1', status: 'completed' }])
      // It acts once.
      await run({ ...program, messages: answered(paused, true) })
      expect(inputs).toHaveLength(1)
    })
  })

  it('another process goes on, through the same file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pincer-approval-'))
    const databasePath = join(folder, 'gateway.db')
    try {
      await on({ policies: [ask], databasePath }, async (claw, gateway) => {
        const tools = { add: addTool() }
        const asking = { model: new ScriptedModel([addCall()], 'Done.'), tools }
        const paused = await run({ ...asking, toolApproval: pincerApproval(claw, { ask: 'user' }) })
        for (const acts of [1, 0])
          await on({ policies: [ask], databasePath }, async (other) => {
            const inputs: unknown[] = []
            const program = { model: asking.model, tools: { add: addTool(inputs) } }
            const toolApproval = pincerApproval(other, { ask: 'user' })
            await run({ ...program, toolApproval, messages: answered(paused, true) })
            expect(inputs).toHaveLength(acts)
          })
        expect(await gateway.approvals.list()).toMatchObject([{ status: 'approved' }])
      })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  it('an operator is faster, with other arguments', async () => {
    await on({ policies: [ask] }, async (claw, gateway) => {
      const inputs: unknown[] = []
      const program = {
        model: new ScriptedModel([addCall()], 'Done.'),
        tools: guardTools(claw, { add: addTool(inputs) }),
        toolApproval: pincerApproval(claw, { ask: 'user' }),
      }
      const paused = await run(program)
      const [approval] = await gateway.approvals.list({ status: 'pending' })
      await gateway.approvals.decide(approval?.approvalId ?? '', {
        decision: 'approve',
        input: { a: 40, b: 2 },
      })
      await run({ ...program, messages: answered(paused, true) })
      expect(inputs).toEqual([{ a: 40, b: 2 }])
      expect(program.model.told).toEqual(['json: 42'])
    })
  })

  it('a question that has expired is no permission', async () => {
    await on({ policies: [{ ...ask, approval: { expiresAfterMs: 20 } }] }, async (claw, gateway) => {
      const inputs: unknown[] = []
      const program = {
        model: new ScriptedModel([addCall()], 'Done.'),
        tools: { add: addTool(inputs) },
        toolApproval: pincerApproval(claw, { ask: 'user' }),
      }
      const paused = await run(program)
      await eventually(async () => (await gateway.approvals.list({ status: 'pending' })).length === 0)
      await run({ ...program, messages: answered(paused, true) })
      expect(inputs).toEqual([])
      expect(program.model.told[0]).toContain('needs an approval that nobody gave in time')
      expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    })
  })
})

describe('what a guard says goes to a model without stack traces and paths, and not without end', () => {
  async function said(reason: unknown): Promise<string> {
    const { claw } = enforced({ guard: () => ({ decision: 'block', reason: reason as string }) })
    const model = new ScriptedModel([addCall()], 'Done.')
    await generate({ model, tools: { add: addTool() }, toolApproval: pincerApproval(claw) })
    const guarded = new ScriptedModel([addCall()], 'Done.')
    await generate({ model: guarded, tools: guardTools(claw, { add: addTool() }) })
    const text = model.told[0]?.replace('execution-denied: ', '') ?? ''
    expect(guarded.told).toEqual([`error-text: ${text}`])
    return text
  }

  it('a stack trace', async () => {
    expect(
      await said('Error: boom\n    at decide (/srv/secret/guard.js:1:2)\n    at /srv/secret/other.js:3:4'),
    ).toBe('The call of "add" was blocked and did not happen. Reason: Error: boom')
  })

  it('a path', async () => {
    expect(await said('see /srv/secret/rules.json')).toMatch(/Reason: see \[path\]$/)
  })

  it('a book', async () => {
    const text = await said('no '.repeat(1_000_000))
    expect(text.length).toBeLessThan(3_000)
    expect(text).toMatch(/no\u2026$/)
  })

  it.each([[5], [{ a: 1 }], [null], [Object.create(null)]])('no text at all: %o', async (reason) => {
    expect(await said(reason)).toMatch(/^The call of "add" .* did not happen\./)
  })
})
