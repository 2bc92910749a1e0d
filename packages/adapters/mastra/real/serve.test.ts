import { randomUUID } from 'node:crypto'
import { join } from 'node:path'

import { createTool } from '@mastra/core/tools'
import { type Claw, createClient } from '@pincer/core'
import { localGateway, startLocalGateway } from '@pincer/local-gateway'
import { OpenClaw, openclaw, type OpenClawGateway } from '@pincer/openclaw'
import type { ClawEvent, Gateway, RunSummary } from '@pincer/protocol'
import { eventually } from '@pincer/testing'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'

import { RealGateway } from '../../../gateways/openclaw/real/real-gateway.ts'
import { sharedGateway } from '../../../gateways/openclaw/real/shared-gateway.ts'
import { serveTools } from '../src/serve.ts'
import { addTool, hangingTool } from '../test/serve-fixture.ts'

const agentId = 'main'

async function runsOf(url: string): Promise<readonly RunSummary[]> {
  const gateway = localGateway({ url })
  try {
    return (await gateway.runs?.list())?.items ?? []
  } finally {
    await gateway.close()
  }
}

interface Place {
  readonly url: string
  readonly token: string
}

/** A client that enforces on a real Gateway, and every event that it recorded. */
function connect({ url, token }: Place): { claw: Claw; gateway: OpenClawGateway; kept: ClawEvent[] } {
  const gateway = openclaw({
    url,
    token,
    guard: ({ name, risk }) =>
      name === 'forbidden'
        ? { decision: 'block', reason: 'not today' }
        : risk === 'high'
          ? 'require_approval'
          : 'allow',
  })
  const kept: ClawEvent[] = []
  const { events } = gateway
  const watched: Gateway = Object.create(gateway, {
    events: {
      value: {
        append: (batch: readonly ClawEvent[], options?: object) => {
          kept.push(...batch)
          return events?.append(batch, options)
        },
      },
    },
  })
  const claw = createClient({ gateway: watched, guard: { mode: 'enforce' }, outbox: { intervalMs: 1 } })
  onTestFinished(() => claw.close())
  return { claw, gateway, kept }
}

function sendTool(sent: unknown[]): ReturnType<typeof createTool> {
  return createTool({
    id: 'send',
    description: 'Sends a letter.',
    inputSchema: z.object({ to: z.string() }),
    mcp: { annotations: { destructiveHint: true } },
    execute: async (input) => {
      sent.push(input)
      return 'sent'
    },
  }) as ReturnType<typeof createTool>
}

describe("client tools on runs of the real Gateway's agents", () => {
  const { url, token } = sharedGateway()
  const place = { url, token }
  // Questions are asked only where somebody could see them.
  const person = new OpenClaw({ url, token, reviewer: true, displayName: 'mastra-reviewer' })
  beforeAll(() => person.connect())
  afterAll(() => person.close())

  it('answers calls until the run ends, each recorded below the run that made it', async () => {
    const { claw, kept } = connect(place)
    const calls: unknown[] = []
    const served = serveTools({ crab_add: addTool(calls) }, claw)
    const input = '[[tool:crab_add {"a":1,"b":2}]][[tool:crab_add {"a":30,"b":4}]]'
    const result = await served.run({ agentId, input })
    expect(result).toMatchObject({ status: 'completed', text: expect.stringMatching(/3.*34/s) })
    expect(result.runIds).toHaveLength(2)
    expect(calls).toMatchObject([
      { a: 1, b: 2 },
      { a: 30, b: 4 },
    ])
    await claw.flush()
    const started = kept.filter(({ type }) => type === 'tool.call.started')
    const [first] = result.runIds
    expect(started.map(({ parentRunId }) => parentRunId)).toEqual([first, first])
    expect(kept.filter(({ type }) => type === 'tool.call.completed')).toHaveLength(2)
  })

  it('tells the agent what is refused and what does not fit', async () => {
    const { claw, gateway, kept } = connect(place)
    const calls: unknown[] = []
    const even = createTool({
      id: 'even',
      description: 'Takes even numbers.',
      // No JSON Schema tells this, so that the Gateway cannot refuse the call itself.
      inputSchema: z.object({ n: z.number().refine((n) => n % 2 === 0, 'expected an even number') }),
      execute: async (input) => calls.push(input),
    })
    const served = serveTools({ forbidden: addTool(calls), crab_even: even }, claw)
    const sessionKey = `agent:main:serve-${randomUUID()}`
    const input = '[[tool:forbidden {"a":1,"b":2}]][[tool:crab_even {"n":3}]]'
    const result = await served.run({ agentId, input, sessionKey })
    expect(result).toMatchObject({ status: 'completed', sessionKey })
    const told = JSON.stringify(await gateway.sessions?.history(sessionKey))
    expect(told).toContain('was blocked and did not happen. Reason: not today')
    expect(told).toContain('expected an even number')
    expect(calls).toEqual([])
    await claw.flush()
    expect(kept.filter(({ type }) => type === 'tool.call.failed')).toHaveLength(2)
  })

  it.each([
    ['approve', 'sent'],
    ['deny', 'was denied by a person'],
  ] as const)('asks a person through the Gateway: %s', async (decision, words) => {
    const { claw, gateway } = connect(place)
    const sent: unknown[] = []
    const served = serveTools({ [`crab_send_${decision}`]: sendTool(sent) }, claw)
    const running = served.run({ agentId, input: `[[tool:crab_send_${decision} {"to":"crabs"}]]` })
    const approval = await eventually(async () => {
      const pending = await gateway.approvals?.list({ status: 'pending' })
      return pending?.find(({ name }) => name === `crab_send_${decision}`)
    }, 60_000)
    await gateway.approvals?.decide(approval.approvalId, { decision })
    expect((await running).text).toContain(words)
    expect(sent).toEqual(decision === 'approve' ? [{ to: 'crabs' }] : [])
  })

  it('is cancelled with its tools', async () => {
    const { claw } = connect(place)
    const { hang, called, aborted } = hangingTool()
    const stop = new AbortController()
    const served = serveTools({ crab_hang: hang }, claw)
    const running = served.run({ agentId, input: '[[tool:crab_hang {}]]', signal: stop.signal })
    await called
    const reason = new Error('enough')
    stop.abort(reason)
    await expect(running).rejects.toBe(reason)
    expect(await aborted).toBe(reason)
  })
})

describe("the real Gateway's agents with tools of an MCP server", () => {
  let own: RealGateway
  beforeAll(async () => {
    own = await RealGateway.start()
  })
  afterAll(() => own?.stop())

  /** Registers MCP servers while the Gateway runs, as its config RPC takes them. */
  async function register(servers: Readonly<Record<string, object | null>>): Promise<void> {
    await using operator = new OpenClaw({ url: own.url, token: own.token })
    const { hash } = Object(await operator.request('config.get')) as { hash: string }
    await operator.request('config.patch', { raw: JSON.stringify({ mcp: { servers } }), baseHash: hash })
  }

  it('calls them over HTTP, is told of refusals, and gives them up', async () => {
    const { claw, gateway, kept } = connect(own)
    const calls: unknown[] = []
    const { hang, called, aborted } = hangingTool()
    const served = serveTools({ add: addTool(calls), forbidden: addTool(calls), hang }, claw)
    onTestFinished(() => served.close())
    const endpoint = await served.listen()
    const headers = { Authorization: `Bearer ${endpoint.token}` }
    await register({ crabs: { url: endpoint.url, transport: 'streamable-http', headers } })
    const run = async (input: string): Promise<string | undefined> => {
      const started = await gateway.agents?.run({ agentId, input })
      return (await started?.wait())?.text
    }
    // The Gateway takes a new config over a moment after it was written.
    const text = await eventually(async () => {
      const told = await run('[[tool:crabs__add {"a":20,"b":22}]]')
      return calls.length > 0 ? told : undefined
    }, 90_000)
    expect(text).toContain('42')
    expect(calls[0]).toMatchObject({ a: 20, b: 22 })
    expect(await run('[[tool:crabs__add {"a":"x","b":1}]]')).toMatch(/do not fit|validation|must be/i)
    expect(await run('[[tool:crabs__forbidden {"a":1,"b":2}]]')).toContain('not today')
    expect(calls).toHaveLength(1)
    const hanging = await gateway.agents?.run({ agentId, input: '[[tool:crabs__hang {}]]' })
    await called
    await hanging?.cancel('enough')
    await aborted
    expect(await hanging?.wait()).toMatchObject({ status: 'cancelled' })
    await claw.flush()
    const ends = kept.filter(({ type }) => type === 'tool.call.completed' || type === 'tool.call.failed')
    expect(ends.map(({ data }) => Object(data).outcome)).toEqual(
      expect.arrayContaining(['ok', 'blocked', 'cancelled']),
    )
    await register({ crabs: null })
  })

  it('starts the process that has them, and speaks to it over stdio', async () => {
    const running = await startLocalGateway({ port: 0, databasePath: ':memory:' })
    onTestFinished(() => running.close())
    const { gateway } = connect(own)
    const child = join(import.meta.dirname, '../test/serve-stdio-child.ts')
    const args = ['--conditions=@pincer/source', '--no-warnings', child, running.url]
    await register({ pinchers: { command: process.execPath, args, env: { MASTRA_TELEMETRY_DISABLED: '1' } } })
    const text = await eventually(async () => {
      const run = await gateway.agents?.run({ agentId, input: '[[tool:pinchers__add {"a":20,"b":22}]]' })
      const told = (await run?.wait())?.text
      return told?.includes('42') === true ? told : undefined
    }, 90_000)
    expect(text).toContain('42')
    expect(await eventually(async () => (await runsOf(running.url))[0])).toMatchObject({ name: 'add' })
  })
})
