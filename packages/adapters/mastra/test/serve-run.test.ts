import { createClient } from '@pincer/core'
import { localGateway, startLocalGateway } from '@pincer/local-gateway'
import type { Gateway, GatewayRun, RunTree } from '@pincer/protocol'
import { collectEvents, createFakeGateway, eventually, type FakeAgent } from '@pincer/testing'
import { describe, expect, it, onTestFinished } from 'vitest'

import { serveTools } from '../src/serve.ts'
import { addTool, hangingTool, watched } from './serve-fixture.ts'

const agentId = 'main'

/** A client on a local gateway in this process, whose agent is the demo model. */
function onLocalGateway(): { readonly claw: ReturnType<typeof createClient>; readonly gateway: Gateway } {
  const gateway = localGateway({
    databasePath: ':memory:',
    agents: [{ id: agentId }],
    policies: [{ id: 'never', match: { tool: 'forbidden' }, action: 'block', reason: 'not today' }],
  })
  const claw = createClient({ gateway, guard: { mode: 'enforce' }, outbox: { intervalMs: 1 } })
  onTestFinished(() => claw.close())
  return { claw, gateway }
}

async function treeOf({ claw, gateway }: ReturnType<typeof onLocalGateway>, runId: string): Promise<RunTree> {
  await claw.flush()
  const tree = await gateway.runs?.get(runId)
  if (tree === undefined) throw new Error(`no run ${runId}`)
  return tree
}

describe("client tools on runs of the local gateway's agents", () => {
  it('answers calls until the run ends, each recorded below the run that made it', async () => {
    const made = onLocalGateway()
    const calls: unknown[] = []
    const runs: GatewayRun[] = []
    const served = serveTools({ add: addTool(calls) }, made.claw)
    const input = '[[tool:add {"a":1,"b":2}]][[tool:add {"a":3,"b":4}]][[then]][[tool:add {"a":5,"b":6}]]'
    const result = await served.run({ agentId, input, onRun: (run) => runs.push(run) })
    expect(result).toMatchObject({ status: 'completed', text: 'add answered: sum 11.' })
    expect(result.runIds).toHaveLength(3)
    expect(runs.map(({ runId }) => runId)).toEqual(result.runIds)
    expect(calls).toMatchObject([
      { a: 1, b: 2 },
      { a: 3, b: 4 },
      { a: 5, b: 6 },
    ])
    const [first, second, third] = await Promise.all(result.runIds.map((runId) => treeOf(made, runId)))
    const actions = (tree: RunTree | undefined) => tree?.children.flatMap((child) => child.actions)
    expect(actions(first)).toMatchObject([
      { kind: 'tool_call', name: 'add', outcome: 'ok', input: { a: 1, b: 2 }, output: { sum: 3 } },
      { kind: 'tool_call', name: 'add', outcome: 'ok', input: { a: 3, b: 4 }, output: { sum: 7 } },
    ])
    expect(actions(second)).toMatchObject([{ output: { sum: 11 } }])
    expect(actions(third)).toEqual([])
    expect(first?.children[0]).toMatchObject({ agentId, sessionKey: result.sessionKey, status: 'completed' })
    const events = await collectEvents((runs[0] as GatewayRun).events())
    expect(events.at(-1)).toMatchObject({ type: 'run.completed', data: { stopReason: 'tool_calls' } })
  })

  it('goes on with a conversation', async () => {
    const made = onLocalGateway()
    const served = serveTools({ add: addTool() }, made.claw)
    const request = { agentId, sessionKey: 'chat' }
    await served.run({ ...request, input: '[[tool:add {"a":1,"b":2}]]' })
    const { sessionKey, text } = await served.run({ ...request, input: 'Say again' })
    expect({ sessionKey, text }).toEqual({ sessionKey: 'chat', text: 'again' })
    const roles = (await made.gateway.sessions?.history('chat'))?.map(({ role }) => role)
    expect(roles).toEqual(['user', 'assistant', 'tool', 'assistant', 'user', 'assistant'])
  })

  it('tells the agent of refusals, failures and arguments that do not fit', async () => {
    const made = onLocalGateway()
    const calls: unknown[] = []
    const served = serveTools({ add: addTool(calls), forbidden: addTool(calls) }, made.claw)
    const input = '[[tool:forbidden {"a":1,"b":2}]][[tool:add {"a":"x"}]]'
    const { sessionKey = '', status } = await served.run({ agentId, input })
    expect(status).toBe('completed')
    expect(calls).toEqual([])
    const history = (await made.gateway.sessions?.history(sessionKey)) ?? []
    expect(history.filter(({ role }) => role === 'tool')).toMatchObject([
      { output: { error: 'The call of "forbidden" was blocked and did not happen. Reason: not today' } },
      { output: { error: expect.stringMatching(/^the arguments of "add" do not fit: a: /) } },
    ])
  })

  it('stands below the run that goes on here', async () => {
    const made = onLocalGateway()
    const served = serveTools({ add: addTool() }, made.claw)
    const result = await made.claw.run({ name: 'mine' }, async (run) => {
      const { runIds } = await served.run({ agentId, input: '[[tool:add {"a":1,"b":2}]]' })
      return { own: run.runId, runIds }
    })
    const tree = await treeOf(made, result.own)
    expect(tree.children.map(({ runId }) => runId)).toEqual(result.runIds)
  })

  it('is cancelled with its tools', async () => {
    const made = onLocalGateway()
    const { hang, called, aborted } = hangingTool()
    const served = serveTools({ hang }, made.claw)
    const stop = new AbortController()
    const running = served.run({ agentId, input: '[[tool:hang {}]]', signal: stop.signal })
    await called
    const reason = new Error('enough')
    stop.abort(reason)
    await expect(running).rejects.toBe(reason)
    expect(await aborted).toBe(reason)
    const slow = served.run({ agentId, input: '[[slow:60000]]Say late', signal: AbortSignal.timeout(20) })
    await expect(slow).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(made.claw.stats().open).toBe(0)
  })

  it('is out of time with its tools', async () => {
    const made = onLocalGateway()
    const { hang, aborted } = hangingTool()
    const served = serveTools({ hang }, made.claw)
    const result = await served.run({ agentId, input: '[[tool:hang {}]]', timeoutMs: 1500 })
    expect(result).toMatchObject({ status: 'timed_out', error: { code: 'timed_out' } })
    await aborted
    expect(await served.run({ agentId, input: '[[slow:60000]]Say late', timeoutMs: 50 })).toMatchObject({
      status: 'timed_out',
    })
  })

  it('stops an agent that calls without end', async () => {
    const made = onLocalGateway()
    const calls: unknown[] = []
    const served = serveTools({ add: addTool(calls) }, made.claw)
    const input = Array.from({ length: 9 }, () => '[[tool:add {"a":1,"b":2}]]').join('[[then]]')
    const result = await served.run({ agentId, input, maxRuns: 3 })
    expect(result).toMatchObject({ status: 'failed', error: { code: 'max_runs' } })
    expect(calls).toHaveLength(2)
  })

  it('works over HTTP, with a gateway that is another process to its client', async () => {
    const running = await startLocalGateway({ port: 0, databasePath: ':memory:', agents: [{ id: agentId }] })
    onTestFinished(() => running.close())
    const gateway = localGateway({ url: running.url })
    const claw = createClient({ gateway, guard: { mode: 'enforce' }, outbox: { intervalMs: 1 } })
    onTestFinished(() => claw.close())
    const served = serveTools({ add: addTool() }, claw)
    const result = await served.run({ agentId, input: '[[tool:add {"a":1,"b":2}]]' })
    expect(result).toMatchObject({ status: 'completed', text: expect.stringContaining('3') })
    const tree = await treeOf({ claw, gateway }, result.runIds[0] ?? '')
    expect(tree.children[0]?.actions).toMatchObject([{ name: 'add', output: { sum: 3 } }])
  })
})

describe('agents that misbehave', () => {
  const agentOf =
    (...turns: readonly Awaited<ReturnType<FakeAgent>>[]): FakeAgent =>
    async () =>
      turns[turn++] ?? { text: 'over' }
  let turn = 0
  const calling = (toolCallId: string, name: string, input: unknown): Awaited<ReturnType<FakeAgent>> => ({
    stopReason: 'tool_calls',
    toolCalls: [{ toolCallId, name, input: input as never }],
  })

  it('get an error as answer to what is no call of theirs to make', async () => {
    turn = 0
    const inputs: unknown[] = []
    const deep: unknown[] = []
    let at = deep
    for (let depth = 0; depth < 5000; depth++) {
      const next: unknown[] = []
      at.push(next)
      at = next
    }
    const script = agentOf(
      calling('1', '__proto__', {}),
      calling('2', 'add', 'text'),
      calling('3', 'add', JSON.parse('{"__proto__":{"polluted":true}}')),
      calling('4', 'add', { deep }),
      calling('5', 'add', null),
    )
    const { claw } = watched({
      agent: async (request, ...rest) => {
        inputs.push(request.input)
        return script(request, ...rest)
      },
    })
    const calls: unknown[] = []
    const result = await serveTools({ add: addTool(calls) }, claw).run({ agentId: 'fake', input: 'go' })
    expect(result.text).toBe('over')
    expect(calls).toEqual([])
    const answers = inputs.slice(1).map((input) => JSON.stringify(input))
    expect(answers).toEqual([
      expect.stringContaining('there is no tool'),
      expect.stringContaining('expected a JSON object'),
      expect.stringContaining('no field named __proto__'),
      expect.stringContaining('at most 64 levels'),
      expect.stringContaining('do not fit'),
    ])
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })

  it('end a run that fails as it failed', async () => {
    const { claw } = watched({ agent: () => Promise.reject(new Error('out of sand')) })
    const result = await serveTools([addTool()], claw).run({ agentId: 'fake', input: 'go' })
    expect(result).toMatchObject({
      status: 'failed',
      error: { message: 'out of sand' },
      runIds: [expect.anything()],
    })
  })

  it('are not asked where their gateway has none, or they take no tools', async () => {
    const { agents, ...bare } = createFakeGateway()
    for (const gateway of [bare, { ...bare, agents: { ...agents, takes: ['model'] as const } }]) {
      const claw = createClient({ gateway })
      onTestFinished(() => claw.close())
      await expect(serveTools([addTool()], claw).run({ agentId: 'fake', input: 'go' })).rejects.toMatchObject(
        {
          code: 'unsupported_by_gateway',
        },
      )
    }
  })
})

describe("the local gateway's agents with tools of an MCP server", () => {
  it('call them, recorded below their run', async () => {
    // The gateway and the server need to know of each other: a port that was free a moment ago.
    const earlier = await startLocalGateway({ port: 0, databasePath: ':memory:' })
    const { port } = earlier
    await earlier.close()
    const url = `http://127.0.0.1:${port}`
    const gateway = localGateway({ url })
    const claw = createClient({ gateway, guard: { mode: 'enforce' }, outbox: { intervalMs: 1 } })
    onTestFinished(() => claw.close())
    const calls: unknown[] = []
    const served = serveTools({ add: addTool(calls) }, claw)
    onTestFinished(() => served.close())
    const endpoint = await served.listen()
    const headers = { authorization: `Bearer ${endpoint.token}` }
    const running = await startLocalGateway({
      port,
      databasePath: ':memory:',
      agents: [{ id: agentId }],
      mcpServers: [{ name: 'crabs', url: endpoint.url, headers }],
    })
    onTestFinished(() => running.close())
    await eventually(
      async () => (await gateway.tools?.list())?.some(({ name }) => name === 'crabs.add') || undefined,
    )
    const run = await gateway.agents?.run({ agentId, input: '[[tool:crabs_add {"a":1,"b":2}]]' })
    expect(await run?.wait()).toMatchObject({ status: 'completed', text: expect.stringContaining('3') })
    const tree = await treeOf({ claw, gateway }, run?.runId ?? '')
    const [own] = tree.actions.filter(({ kind }) => kind === 'tool_call')
    expect(own).toMatchObject({ name: 'crabs.add', output: { sum: 3 } })
    expect(calls).toEqual([{ a: 1, b: 2, toolCallId: own?.toolCallId }])
    expect(tree.children).toMatchObject([
      { name: 'add', actions: [{ name: 'add', toolCallId: own?.toolCallId, output: { sum: 3 } }] },
    ])
  })
})
