import { type DynamicStructuredTool, StructuredTool } from '@langchain/core/tools'
import { MemorySaver } from '@langchain/langgraph'
import { createClient } from '@pincer/core'
import type { Gateway, JsonValue, ToolDescription, ToolResult } from '@pincer/protocol'
import { localGateway, type LocalGatewayOptions } from '@pincer/local-gateway'
import { createFakeGateway, eventually } from '@pincer/testing'
import { createAgent } from 'langchain'
import { afterEach, describe, expect, it } from 'vitest'

import { guardMiddleware } from '../src/guard.ts'
import { gatewayTools } from '../src/tools.ts'
import { question, recorded, ScriptedModel } from './guard-fixture.ts'

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

function onLocalGateway(options: Partial<LocalGatewayOptions> = {}) {
  const gateway = localGateway({ databasePath: ':memory:', tools: [add], ...options })
  const claw = createClient({ gateway })
  closing.push(() => claw.close({ timeoutMs: 1_000 }))
  return { claw, gateway }
}

/** A gateway whose one tool answers what it is told to. */
function answering(result: ToolResult, tool: Partial<ToolDescription> = {}) {
  const gateway: Gateway = {
    ...createFakeGateway(),
    tools: { list: async () => [{ name: 'tool', ...tool }], invoke: async () => result },
  }
  return createClient({ gateway, onError: () => {} })
}

async function only(claw: ReturnType<typeof answering>): Promise<DynamicStructuredTool> {
  const [tool] = await gatewayTools(claw)
  if (tool === undefined) throw new Error('there is no tool')
  return tool
}

const call = { id: 'call_1', name: 'math_add', args: { a: 1, b: 2 } }
const toolCall = { ...call, type: 'tool_call' as const }

describe('the tools of a gateway', () => {
  it('are structured tools with their schema, under names that models take', async () => {
    const { claw } = onLocalGateway()
    const tools = await gatewayTools(claw)
    expect(tools).toMatchObject([
      { name: 'math_add', description: 'Adds two numbers.', metadata: { gatewayTool: 'math.add' } },
    ])
    expect(tools[0]).toBeInstanceOf(StructuredTool)
    expect(tools[0]?.schema).toEqual(add.inputSchema)
  })

  it('are those that were chosen', async () => {
    const { claw } = onLocalGateway({ tools: [add, { ...add, name: 'math.sub' }] })
    const names = async (filter: Parameters<typeof gatewayTools>[1]): Promise<readonly string[]> =>
      (await gatewayTools(claw, filter)).map(({ name }) => name)
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

  it('are called by an agent, in the session of its thread, and recorded once', async () => {
    const { claw, gateway } = onLocalGateway()
    const model = new ScriptedModel([call], 'It is 3.')
    const checkpointer = new MemorySaver()
    const agent = createAgent({ model, tools: await gatewayTools(claw), checkpointer })
    await agent.invoke(question, { configurable: { thread_id: 'thread-1' } })
    expect(model.answers).toMatchObject([{ content: '3', status: 'success', tool_call_id: 'call_1' }])
    await claw.flush()
    const { items } = await gateway.runs.list()
    expect(items).toMatchObject([{ sessionKey: 'thread-1', status: 'completed' }])
    const run = await gateway.runs.get(items[0]?.runId ?? '')
    expect(run?.actions).toMatchObject([{ kind: 'tool_call', name: 'math.add', toolCallId: 'call_1' }])
  })

  it('are called by a program with plain arguments', async () => {
    const { claw } = onLocalGateway()
    const [tool] = await gatewayTools(claw)
    expect(await tool?.invoke({ a: 1, b: 2 })).toBe('3')
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('are not asked about again by the middleware', async () => {
    const asked: string[] = []
    const { claw } = onLocalGateway({
      policies: [{ id: 'log', match: { tool: '*' }, action: 'require_approval' }],
    })
    const guarding = createClient({ gateway: claw.gateway, guard: { mode: 'enforce' } })
    const model = new ScriptedModel([call], 'Done.')
    const agent = createAgent({
      model,
      tools: await gatewayTools(guarding),
      middleware: [guardMiddleware(guarding)],
    })
    const running = agent.invoke(question)
    const approvals = claw.gateway.approvals
    const [approval] = await eventually(async () => {
      const pending = (await approvals?.list({ status: 'pending' })) ?? []
      return pending.length > 0 ? pending : undefined
    })
    asked.push(approval?.name ?? '')
    await approvals?.decide(approval?.approvalId ?? '', { decision: 'approve' })
    await running
    expect(asked).toEqual(['math.add'])
    expect(await approvals?.list()).toHaveLength(1)
    expect(model.answers).toMatchObject([{ content: '3', status: 'success' }])
    await guarding.close({ timeoutMs: 100 })
  })
})

describe('a call that needs an approval', () => {
  const policies = [{ id: 'ask', match: { tool: 'math.*' }, action: 'require_approval' as const }]

  async function decided(decision: 'approve' | 'deny', input?: JsonValue) {
    const { claw, gateway } = onLocalGateway({ policies })
    const model = new ScriptedModel([call], 'Done.')
    const running = createAgent({ model, tools: await gatewayTools(claw) }).invoke(question)
    const [approval] = await eventually(async () => {
      const pending = (await gateway.approvals?.list({ status: 'pending' })) ?? []
      return pending.length > 0 ? pending : undefined
    })
    const reason = decision === 'deny' ? { reason: 'not today' } : {}
    const edited = input === undefined ? {} : { input }
    await gateway.approvals?.decide(approval?.approvalId ?? '', { decision, ...reason, ...edited })
    await running
    await claw.flush()
    const { items } = await gateway.runs.list()
    const page = await gateway.runs.events(items[0]?.runId ?? '')
    const types = page?.items.map(({ type }) => type)
    return { answer: model.answers[0], types, approvals: await gateway.approvals?.list() }
  }

  it('goes on once a person approved it', async () => {
    const { answer, types, approvals } = await decided('approve')
    expect(answer).toMatchObject({ content: '3', status: 'success' })
    expect(approvals).toHaveLength(1)
    expect(types).toContain('approval.requested')
    expect(types).toContain('approval.resolved')
  })

  it('goes on with the arguments that the person put in', async () => {
    const { answer } = await decided('approve', { a: 40, b: 2 })
    expect(answer).toMatchObject({ content: '42' })
  })

  it('is told to the model where a person denied it', async () => {
    const { answer } = await decided('deny')
    expect(answer).toMatchObject({
      status: 'error',
      content: 'The call of "math_add" was denied by a person and did not happen. Reason: not today',
    })
  })

  it('is refused where nobody decides in time, and given up where it is aborted', async () => {
    const { claw } = onLocalGateway({ policies })
    const [tool] = await gatewayTools(claw, undefined, { approvalTimeoutMs: 30 })
    await expect(tool?.invoke({ a: 1, b: 2 })).rejects.toMatchObject({ code: 'approval_timed_out' })
    const [patient] = await gatewayTools(claw)
    const controller = new AbortController()
    const waiting = patient?.invoke({ a: 1, b: 2 }, { signal: controller.signal })
    await eventually(async () => claw.stats().open > 0)
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    expect(claw.stats().open).toBe(0)
  })
})

describe('what comes of a call', () => {
  it.each<[string, JsonValue, unknown]>([
    ['text', 'hello', 'hello'],
    ['an object', { sum: 3 }, '{"sum":3}'],
    ['nothing', null, 'null'],
    ['a list of typed things that are no content', [{ type: 'invoice' }], '[{"type":"invoice"}]'],
    [
      'the content of an MCP tool',
      [
        { type: 'text', text: 'see' },
        { type: 'image', data: 'AAAA', mimeType: 'image/png' },
        { type: 'resource', resource: { uri: 'x:1' } },
      ],
      [
        { type: 'text', text: 'see' },
        { type: 'image', data: 'AAAA', mimeType: 'image/png' },
        { type: 'text', text: '{"type":"resource","resource":{"uri":"x:1"}}' },
      ],
    ],
  ])('%s', async (_, output, content) => {
    const tool = await only(answering({ status: 'ok', toolCallId: 'call_1', output }))
    expect(await tool.invoke({ ...toolCall, name: 'tool' })).toMatchObject({ status: 'success', content })
  })

  const broken: ToolResult = {
    status: 'error',
    toolCallId: 'x',
    error: { message: 'no disk at /srv/data/x' },
  }
  const blocked: ToolResult = { status: 'blocked', toolCallId: 'x', reason: 'not allowed' }

  it('a failure: told to a model without paths, thrown to a program', async () => {
    const tool = await only(answering(broken))
    expect(await tool.invoke({ ...toolCall, name: 'tool' })).toMatchObject({
      status: 'error',
      content: 'GatewayError: no disk at [path]\n Please fix your mistakes.',
    })
    await expect(tool.invoke({})).rejects.toThrow('no disk at /srv/data/x')
  })

  it('a refusal: told to a model in words, thrown to a program', async () => {
    const tool = await only(answering(blocked))
    expect(await tool.invoke({ ...toolCall, name: 'tool' })).toMatchObject({
      status: 'error',
      content: 'The call of "tool" was blocked and did not happen. Reason: not allowed',
    })
    await expect(tool.invoke({})).rejects.toMatchObject({ code: 'guard_blocked', reason: 'not allowed' })
  })

  it('an approval that a gateway without approvals asks for is no success', async () => {
    const required: ToolResult = { status: 'approval_required', toolCallId: 'x', approvalId: 'y' }
    const gateway: Gateway = {
      name: 'half',
      close: async () => {},
      tools: { list: async () => [{ name: 'tool' }], invoke: async () => required },
    }
    const tool = await only(createClient({ gateway, onError: () => {} }))
    await expect(tool.invoke({})).rejects.toMatchObject({ code: 'unsupported_by_gateway' })
  })

  it('a gateway that fails is a failure of the tool', async () => {
    const { claw } = onLocalGateway()
    const [tool] = await gatewayTools(claw)
    await claw.close()
    const answer: unknown = await tool?.invoke(toolCall)
    expect(answer).toMatchObject({ status: 'error', tool_call_id: 'call_1' })
  })
})

describe('names', () => {
  it('are valid, different and independent of the order', async () => {
    const given = [
      'files.read',
      'files_read',
      'files/read',
      'ok',
      'é',
      '',
      'x'.repeat(200),
      `${'x'.repeat(200)}y`,
    ]
    const naming = async (names: readonly string[]): Promise<ReadonlyMap<unknown, string>> => {
      const list = async (): Promise<ToolDescription[]> => names.map((name) => ({ name }))
      const invoke = async (name: string): Promise<ToolResult> => ({
        status: 'ok',
        toolCallId: 'x',
        output: `called ${name}`,
      })
      const claw = createClient({ gateway: { ...createFakeGateway(), tools: { list, invoke } } })
      const tools = await gatewayTools(claw)
      for (const tool of tools)
        expect(await tool.invoke({})).toBe(`called ${String(tool.metadata?.['gatewayTool'])}`)
      return new Map(tools.map((tool) => [tool.metadata?.['gatewayTool'], tool.name]))
    }
    const names = await naming(given)
    expect(new Set(names.values()).size).toBe(given.length)
    for (const name of names.values()) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
    expect(names.get('files_read')).toBe('files_read')
    expect(names.get('ok')).toBe('ok')
    const reversed = await naming(given.toReversed())
    for (const [name, modelName] of names) expect(reversed.get(name)).toBe(modelName)
  })
})

describe('refused', () => {
  const make = gatewayTools as (...given: readonly unknown[]) => Promise<unknown>
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
    ['an unknown option', [claw, undefined, { timeout: 1 }], 'timeout is no option'],
    ['a wrong time', [claw, [], { approvalTimeoutMs: -1 }], 'approvalTimeoutMs: expected a number'],
  ])('%s', async (_, given, message) => {
    await expect(make(...given)).rejects.toMatchObject({ code: 'invalid_option' })
    await expect(make(...given)).rejects.toThrow(message)
  })
})
