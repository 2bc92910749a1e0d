import { standardSchemaToJSONSchema } from '@mastra/core/schema'
import { createClient } from '@pincer/core'
import { localGateway, type LocalGatewayOptions } from '@pincer/local-gateway'
import type { Gateway, ToolDescription, ToolResult } from '@pincer/protocol'
import { createFakeGateway, eventually } from '@pincer/testing'
import { afterEach, describe, expect, it } from 'vitest'

import { type GatewayTools, gatewayTools, guardHooks, requireApproval } from '../src/index.ts'
import { agentOf, ask, recorded, ScriptedModel } from './guard-fixture.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const add = {
  name: 'math.add',
  description: 'Adds two numbers.',
  inputSchema: {
    type: 'object',
    properties: { a: { type: 'number' }, b: { type: 'number' } },
    required: ['a', 'b'],
  },
  execute: ({ a, b }: { readonly a?: unknown; readonly b?: unknown }) => Number(a) + Number(b),
}

function onLocalGateway(options: Partial<LocalGatewayOptions> = {}, mode: 'observe' | 'enforce' = 'observe') {
  const gateway = localGateway({ databasePath: ':memory:', tools: [add], ...options })
  const claw = createClient({ gateway, guard: { mode } })
  closing.push(() => claw.close({ timeoutMs: 1_000 }))
  return { claw, gateway }
}

function given(signal?: AbortSignal): object {
  const agent = { agentId: 'a', toolCallId: 'call_1', messages: [] }
  return { runId: 'run_1', agent, ...(signal !== undefined && { abortSignal: signal }) }
}

async function use(tools: GatewayTools, name: string, input: object, signal?: AbortSignal): Promise<unknown> {
  return tools[name]?.execute?.(input, given(signal) as never)
}

const call = { id: 'call_1', name: 'math_add', args: { a: 1, b: 2 } }
const policies = [{ id: 'ask', match: { tool: 'math.*' }, action: 'require_approval' as const }]

async function pendingOf(gateway: Gateway) {
  const [approval] = await eventually(async () => {
    const pending = (await gateway.approvals?.list({ status: 'pending' })) ?? []
    return pending.length > 0 ? pending : undefined
  })
  return approval?.approvalId ?? ''
}

describe('the tools of a gateway', () => {
  it('are tools of Mastra with their schema, under names that models take', async () => {
    const { claw } = onLocalGateway()
    const tools = await gatewayTools(claw)
    expect(tools).toMatchObject({
      math_add: {
        id: 'math_add',
        description: 'Adds two numbers.',
        mcp: { annotations: { title: 'math.add' } },
      },
    })
    const schema = tools['math_add']?.inputSchema
    expect(schema && standardSchemaToJSONSchema(schema)).toMatchObject(add.inputSchema)
  })

  it('tell by their annotations that they are dangerous', async () => {
    const { claw } = onLocalGateway({
      tools: [
        { ...add, risk: 'critical' },
        { ...add, name: 'sub', risk: 'low' },
      ],
    })
    const tools = await gatewayTools(claw)
    expect(tools['math_add']?.mcp?.annotations).toEqual({ title: 'math.add', destructiveHint: true })
    expect(tools['sub']?.mcp?.annotations).toEqual({ title: 'sub' })
  })

  it('are those that were chosen', async () => {
    const { claw } = onLocalGateway({ tools: [add, { ...add, name: 'math.sub' }] })
    const names = async (filter: Parameters<typeof gatewayTools>[1]): Promise<readonly string[]> =>
      Object.keys(await gatewayTools(claw, filter))
    expect(await names(['math.sub'])).toEqual(['math_sub'])
    expect(await names(({ name }) => name.endsWith('add'))).toEqual(['math_add'])
    expect(await names([])).toEqual([])
  })

  it('are refused where the gateway does not have the name', async () => {
    const { claw } = onLocalGateway()
    const refused = gatewayTools(claw, ['math.add', 'math_add'])
    await expect(refused).rejects.toMatchObject({ code: 'invalid_option' })
    await expect(refused).rejects.toThrow(
      'gatewayTools: filter: the gateway "local" has no tool "math_add"; did you mean "math.add"? its tools are "math.add"',
    )
  })

  describe.each([['toolset'], ['tools'], ['function']])('as %s', (way) => {
    async function started(
      claw: ReturnType<typeof onLocalGateway>['claw'],
      model: ScriptedModel,
      hooks?: object,
    ) {
      const found = await gatewayTools(claw)
      const tools = way === 'toolset' ? {} : way === 'tools' ? found : () => gatewayTools(claw)
      const agent = agentOf({ model, tools, ...(hooks !== undefined && { hooks }) })
      return { run: () => ask(agent, way === 'toolset' ? { toolsets: { pincer: found } } : {}) }
    }

    it('are called, and recorded once', async () => {
      const { claw, gateway } = onLocalGateway()
      const model = new ScriptedModel([call], 'It is 3.')
      const { run } = await started(claw, model)
      expect((await run()).text).toBe('It is 3.')
      expect(model.told).toEqual(['json: 3'])
      await claw.flush()
      const { items } = await gateway.runs.list()
      expect(items).toMatchObject([{ status: 'completed' }])
      const tree = await gateway.runs.get(items[0]?.runId ?? '')
      expect(tree?.actions).toMatchObject([{ kind: 'tool_call', toolCallId: 'call_1', outcome: 'ok' }])
      expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    })

    it('wait for a person at the gateway, who is asked once', async () => {
      const { claw, gateway } = onLocalGateway({ policies }, 'enforce')
      const model = new ScriptedModel([call], 'Done.')
      // The hooks do not ask about what the gateway asks about itself.
      const { run } = await started(claw, model, guardHooks(claw))
      const running = run()
      await gateway.approvals?.decide(await pendingOf(gateway), {
        decision: 'approve',
        input: { a: 40, b: 2 },
      })
      await running
      expect(model.told).toEqual(['json: 42'])
      expect(await gateway.approvals?.list()).toMatchObject([{ name: 'math.add' }])
      await claw.flush()
      const { items } = await gateway.runs.list()
      const page = await gateway.runs.events(items[0]?.runId ?? '')
      const types = page?.items.map(({ type }) => type)
      expect(types).toContain('approval.requested')
      expect(types).toContain('approval.resolved')
      expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    })

    it('tell the model what a person denied', async () => {
      const { claw, gateway } = onLocalGateway({ policies })
      const model = new ScriptedModel([call], 'Done.')
      const { run } = await started(claw, model)
      const running = run()
      await gateway.approvals?.decide(await pendingOf(gateway), { decision: 'deny', reason: 'not today' })
      expect((await running).types).toContain('tool-error')
      expect(model.told.join()).toContain(
        'The call of "math_add" was denied by a person and did not happen. Reason: not today',
      )
      expect(model.told.join()).not.toMatch(/ {4}at |node_modules|ApprovalDeniedError/)
      expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    })

    it('tell the model what the gateway forbids', async () => {
      const forbid = [{ id: 'no', match: { tool: 'math.*' }, action: 'block' as const, reason: 'no sums' }]
      const { claw } = onLocalGateway({ policies: forbid })
      const model = new ScriptedModel([call], 'Done.')
      const { run } = await started(claw, model)
      await run()
      expect(model.told.join()).toContain('The call of "math_add" was blocked and did not happen.')
      expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    })

    it('are not called with arguments that do not fit', async () => {
      const { claw } = onLocalGateway()
      const model = new ScriptedModel([{ ...call, args: { a: 'one' } }], 'Done.')
      const { run } = await started(claw, model)
      expect((await run()).text).toBe('Done.')
      expect(model.told.join()).toMatch(/validation failed|do not fit/i)
      expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    })
  })

  it('are asked about once with both guards', async () => {
    const { claw, gateway } = onLocalGateway({ policies }, 'enforce')
    const model = new ScriptedModel([call], 'Done.')
    const tools = requireApproval(claw, await gatewayTools(claw))
    const running = ask(agentOf({ model, tools, hooks: guardHooks(claw) }))
    await gateway.approvals?.decide(await pendingOf(gateway), { decision: 'approve' })
    expect((await running).questions).toEqual([])
    expect(model.told).toEqual(['json: 3'])
    expect(await gateway.approvals?.list()).toHaveLength(1)
  })

  it('are in the session they are given', async () => {
    const { claw, gateway } = onLocalGateway()
    await use(await gatewayTools(claw, undefined, { sessionKey: 'chat-1' }), 'math_add', { a: 1, b: 2 })
    await claw.flush()
    const { items } = await gateway.runs.list()
    expect(items).toMatchObject([{ sessionKey: 'chat-1', status: 'completed' }])
  })

  it('work where a program calls them without any context', async () => {
    const { claw } = onLocalGateway()
    const tools = await gatewayTools(claw)
    expect(await tools['math_add']?.execute?.({ a: 1, b: 2 }, {} as never)).toBe(3)
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('are given up when nobody decides in time, and when they are aborted', async () => {
    const { claw } = onLocalGateway({ policies })
    const hasty = await gatewayTools(claw, undefined, { approvalTimeoutMs: 30 })
    await expect(use(hasty, 'math_add', { a: 1, b: 2 })).rejects.toMatchObject({ code: 'approval_timed_out' })
    const controller = new AbortController()
    const waiting = use(await gatewayTools(claw), 'math_add', { a: 1, b: 2 }, controller.signal)
    await eventually(() => claw.stats().open > 0)
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    expect(claw.stats().open).toBe(0)
  })

  it('are aborted with the run', async () => {
    const aborted: unknown[] = []
    const started = Promise.withResolvers<void>()
    const slow = {
      name: 'slow',
      inputSchema: { type: 'object' },
      execute: (_: unknown, { signal }: { readonly signal: AbortSignal }) =>
        new Promise<string>((_resolve, reject) => {
          started.resolve()
          signal.addEventListener('abort', () => {
            aborted.push(signal.reason)
            reject(new Error('stopped'))
          })
        }),
    }
    const { claw } = onLocalGateway({ tools: [slow] })
    const controller = new AbortController()
    const model = new ScriptedModel([{ id: 'call_1', name: 'slow', args: {} }], 'Done.')
    const running = ask(agentOf({ model, tools: await gatewayTools(claw) }), {
      abortSignal: controller.signal,
    }).catch(() => undefined)
    await started.promise
    controller.abort(new Error('enough'))
    await running
    await eventually(() => aborted.length === 1)
    await eventually(() => claw.stats().open === 0)
    expect(claw.stats()).toMatchObject({ lateEnds: 0 })
  })

  it('follow the gateway from run to run, where an agent is given a function', async () => {
    const names = ['first']
    const fake = createFakeGateway()
    const invoke = async (name: string): Promise<ToolResult> => ({
      status: 'ok',
      toolCallId: 'x',
      output: `called ${name}`,
    })
    const tools = { list: async () => names.map((name) => ({ name })), invoke }
    const claw = createClient({ gateway: { ...fake, tools } })
    const model = new ScriptedModel('One.', 'Two.')
    const agent = agentOf({ model, tools: () => gatewayTools(claw) })
    await ask(agent)
    names.splice(0, 1, 'second', 'third')
    await ask(agent)
    expect(model.offered).toEqual([['first'], ['second', 'third']])
  })

  it('that are gone meanwhile are told to the model as such', async () => {
    const { claw, gateway } = onLocalGateway()
    const tools = await gatewayTools(claw)
    const catalog = gateway.tools!
    const gone = { ...gateway, tools: { ...catalog, invoke: () => catalog.invoke('gone', {}) } }
    const other = createClient({ gateway: gone, onError: () => {} })
    const model = new ScriptedModel([call], 'Done.')
    await ask(agentOf({ model, tools: await gatewayTools(other) }))
    expect(Object.keys(tools)).toEqual(['math_add'])
    expect(model.told.join()).toContain('there is no tool')
  })
})

it('names are valid, different and independent of the order', async () => {
  const names = [
    'files.read',
    'files_read',
    'files/read',
    'ok',
    'é',
    '',
    '__proto__',
    'constructor',
    'x'.repeat(200),
  ]
  const naming = async (given: readonly string[]): Promise<ReadonlyMap<unknown, string>> => {
    const list = async (): Promise<ToolDescription[]> => given.map((name) => ({ name }))
    const invoke = async (name: string): Promise<ToolResult> => ({
      status: 'ok',
      toolCallId: 'x',
      output: `called ${name}`,
    })
    const claw = createClient({ gateway: { ...createFakeGateway(), tools: { list, invoke } } })
    const tools = Object.entries(await gatewayTools(claw))
    for (const [modelName, tool] of tools)
      expect(await use({ [modelName]: tool }, modelName, {})).toBe(`called ${tool.mcp?.annotations?.title}`)
    return new Map(tools.map(([modelName, tool]) => [tool.mcp?.annotations?.title, modelName]))
  }
  const first = await naming(names)
  expect(new Set(first.values()).size).toBe(names.length)
  for (const name of first.values()) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
  expect(first.get('files_read')).toBe('files_read')
  const reversed = await naming(names.toReversed())
  for (const [name, modelName] of first) expect(reversed.get(name)).toBe(modelName)
})

describe('refused', () => {
  const make = gatewayTools as (...values: readonly unknown[]) => Promise<unknown>
  const { claw } = recorded()

  it('a gateway without tools', async () => {
    await expect(gatewayTools(claw)).rejects.toMatchObject({
      code: 'unsupported_by_gateway',
      capability: 'tools',
    })
  })

  it.each([
    ['no claw', [{}], 'expected a claw of createClient'],
    ['a filter of another kind', [claw, 'math.*'], 'filter: expected a list of tool names or a function'],
    ['an unknown option', [claw, undefined, { timeout: 1 }], 'timeout: not an option of gatewayTools()'],
    ['a wrong time', [claw, [], { approvalTimeoutMs: -1 }], 'approvalTimeoutMs: expected a number'],
    ['a wrong session', [claw, [], { sessionKey: 1 }], 'sessionKey: expected a text'],
  ])('%s', async (_, values, message) => {
    await expect(make(...values)).rejects.toMatchObject({ code: 'invalid_option' })
    await expect(make(...values)).rejects.toThrow(message)
  })
})
