import { tool } from '@langchain/core/tools'
import { createClient } from '@pincer/core'
import { localGateway, startLocalGateway } from '@pincer/local-gateway'
import { GatewayError, type GuardDecision } from '@pincer/protocol'
import { eventually, type Fault, type FaultProxy, startFaultProxy } from '@pincer/testing'
import { createAgent } from 'langchain'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'

import { guardMiddleware, guardTool } from '../src/guard.ts'
import { addCall, addTool, enforced, question, recorded, ScriptedModel } from './guard-fixture.ts'

type Guard = NonNullable<Parameters<typeof createClient>[0]['guard']>

const calls = [addCall('one', 1), { id: 'two', name: 'fail', args: {} }, addCall('three', 3)]

const fail = tool(() => Promise.reject(new Error('boom')), { name: 'fail', schema: z.object({}) })

/** What an agent says, and every message that went to its model. */
async function runAgent(claw?: Parameters<typeof guardMiddleware>[0]): Promise<unknown> {
  const model = new ScriptedModel(calls, 'Done.')
  const middleware = claw === undefined ? [] : [guardMiddleware(claw)]
  const { messages } = await createAgent({ model, tools: [addTool(), fail], middleware }).invoke(question)
  return messages.map(({ type, content, text }) => ({ type, content, text }))
}

const bare = runAgent()

describe('in observe mode an agent is what it is without us', () => {
  it.each([
    ['is there', {}],
    ['blocks everything', { guard: () => ({ decision: 'block' as const }) }],
    ['asks a person', { guard: () => ({ decision: 'require_approval' as const, approvalId: 'x' }) }],
    ['is down', { fail: () => new GatewayError('down', { retryable: true }) }],
    ['breaks', { fail: () => new TypeError('broken') }],
    ['answers garbage', { guard: () => 'yes' as unknown as GuardDecision }],
    ['answers nothing', { guard: () => null as unknown as GuardDecision }],
  ])('where the gateway %s', async (_, behaviour) => {
    const { claw } = recorded({}, behaviour)
    expect(await runAgent(claw)).toEqual(await bare)
    await claw.close({ timeoutMs: 50 })
  })

  it('where the gateway is slow: nobody waits for it', async () => {
    const { claw, gateway } = recorded({}, { slowMs: 60_000 })
    const startedAt = performance.now()
    expect(await runAgent(claw)).toEqual(await bare)
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    await eventually(() => gateway.asked.length === 3)
    await claw.close({ timeoutMs: 50 })
  })
})

describe('in enforce mode an agent follows what is said about failures', () => {
  const down = { fail: () => new GatewayError('down', { retryable: true }) }
  const garbage = { guard: () => ({ decision: 'perhaps' }) as unknown as GuardDecision }

  it.each([
    ['down', down],
    ['answering garbage', garbage],
  ])('open: a gateway that is %s stops nothing', async (_, behaviour) => {
    const { claw, faults } = enforced(behaviour, { fail: 'open' })
    expect(await runAgent(claw)).toEqual(await bare)
    expect(faults).not.toEqual([])
    await claw.close({ timeoutMs: 50 })
  })

  it.each([
    ['down', down],
    ['answering garbage', garbage],
    ['slow', { slowMs: 60_000 }],
  ])('closed: with a gateway that is %s no tool acts, and the agent goes on', async (_, behaviour) => {
    const { claw } = enforced(behaviour, { fail: 'closed', timeoutMs: 50 })
    const inputs: unknown[] = []
    const model = new ScriptedModel([addCall()], 'I may not.')
    const middleware = [guardMiddleware(claw)]
    const { messages } = await createAgent({ model, tools: [addTool(inputs)], middleware }).invoke(question)
    expect(messages.at(-1)?.text).toBe('I may not.')
    expect(inputs).toEqual([])
    expect(model.answers).toMatchObject([
      {
        status: 'error',
        content: 'The call of "add" needs a permission that nobody could be asked for, and did not happen.',
      },
    ])
    await expect(guardTool(addTool(), claw).invoke({ a: 1, b: 2 })).rejects.toMatchObject({
      code: 'guard_unavailable',
    })
    await claw.close({ timeoutMs: 50 })
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

  async function runThrough(fault: Fault, guard: Guard): Promise<unknown> {
    const gateway = localGateway({ url: held.proxy?.url ?? '' })
    const claw = createClient({ gateway, guard: { timeoutMs: 300, ...guard }, onError: () => {} })
    await held.proxy?.set(fault)
    try {
      return await runAgent(claw)
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
    'observe, $kind: the agent is what it is without us',
    async (fault) => {
      expect(await runThrough(fault, { mode: 'observe' })).toEqual(await bare)
    },
  )

  it.each(faults)('fail open, $kind: the agent is what it is without us', async (fault) => {
    expect(await runThrough(fault, { mode: 'enforce', fail: 'open' })).toEqual(await bare)
  })

  it.each(faults)('fail closed, $kind: no tool acts', async (fault) => {
    const messages = await runThrough(fault, { mode: 'enforce', fail: 'closed' })
    const told = (messages as readonly { readonly type: string; readonly text: string }[]).filter(
      ({ type }) => type === 'tool',
    )
    expect(told).toHaveLength(3)
    for (const { text } of told) expect(text).toContain('needs a permission that nobody could be asked for')
  })

  it('enforce, with nothing wrong: what is blocked is blocked', async () => {
    const messages = await runThrough({ kind: 'none' }, { mode: 'enforce' })
    expect(JSON.stringify(messages)).toContain('Reason: no sums')
  })
})
