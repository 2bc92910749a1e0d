import { type Claw, createClient } from '@pincer/core'
import { localGateway, type LocalGatewayOptions } from '@pincer/local-gateway'
import type { Gateway, JsonValue, ToolDescription, ToolResult } from '@pincer/protocol'
import { createFakeGateway, eventually } from '@pincer/testing'
import { asSchema, streamText, type ToolExecutionOptions } from 'ai'
import { afterEach, describe, expect, it } from 'vitest'

import { pincerApproval } from '../src/approval.ts'
import { type GatewayTools, gatewayTools } from '../src/gateway-tools.ts'
import { guardTools } from '../src/guard-tools.ts'
import { pincerTelemetry } from '../src/telemetry.ts'
import { question, recorded, runners, ScriptedModel } from './approval-fixture.ts'

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

/** A gateway whose one tool answers what it is told to. */
function answering(result: ToolResult, tool: Partial<ToolDescription> = {}) {
  const gateway: Gateway = {
    ...createFakeGateway(),
    tools: { list: async () => [{ name: 'tool', ...tool }], invoke: async () => result },
  }
  return createClient({ gateway, onError: () => {} })
}

function given(signal?: AbortSignal): ToolExecutionOptions<never> {
  return { toolCallId: 'call_1', messages: [], ...(signal !== undefined && { abortSignal: signal }) } as never
}

async function use(tools: GatewayTools, name: string, input: object, signal?: AbortSignal): Promise<unknown> {
  return tools[name]?.execute?.(input, given(signal))
}

const call = { id: 'call_1', name: 'math_add', args: { a: 1, b: 2 } }
const watch = (claw: Claw, isWatched: boolean) => (isWatched ? pincerTelemetry(claw) : undefined)

async function pendingOf(gateway: Gateway) {
  const [approval] = await eventually(async () => {
    const pending = (await gateway.approvals?.list({ status: 'pending' })) ?? []
    return pending.length > 0 ? pending : undefined
  })
  return approval?.approvalId ?? ''
}

describe('the tools of a gateway', () => {
  it('are dynamic tools with their schema, under names that models take', async () => {
    const { claw } = onLocalGateway()
    const tools = await gatewayTools(claw)
    expect(tools).toMatchObject({
      math_add: { type: 'dynamic', description: 'Adds two numbers.', metadata: { gatewayTool: 'math.add' } },
    })
    expect(await asSchema(tools['math_add']?.inputSchema).jsonSchema).toEqual(add.inputSchema)
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

  describe.each(runners)('%s', (_, run) => {
    it.each([[false], [true]])('calls them, recorded once, with telemetry: %s', async (isWatched) => {
      const { claw, gateway } = onLocalGateway()
      const model = new ScriptedModel([call], 'It is 3.')
      const said = await run({ model, tools: await gatewayTools(claw), telemetry: watch(claw, isWatched) })
      expect(said.text).toBe('It is 3.')
      expect(model.told).toEqual(['json: 3'])
      await claw.flush()
      const { items } = await gateway.runs.list()
      expect(items).toMatchObject([{ status: 'completed' }])
      const tree = await gateway.runs.get(items[0]?.runId ?? '')
      const toolCalls = tree?.actions.filter(({ kind }) => kind === 'tool_call')
      expect(toolCalls).toMatchObject([{ toolCallId: 'call_1', outcome: 'ok' }])
      expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    })

    it.each([[false], [true]])('waits for a person at the gateway, with telemetry: %s', async (isWatched) => {
      const policies = [{ id: 'ask', match: { tool: 'math.*' }, action: 'require_approval' as const }]
      const { claw, gateway } = onLocalGateway({ policies }, 'enforce')
      const model = new ScriptedModel([call], 'Done.')
      // Neither of the guards asks about what the gateway asks about itself.
      const tools = guardTools(claw, await gatewayTools(claw))
      const toolApproval = pincerApproval(claw, { ask: 'user' })
      const running = run({ model, tools, toolApproval, telemetry: watch(claw, isWatched) })
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

    it('tells the model what a person denied', async () => {
      const policies = [{ id: 'ask', match: { tool: 'math.*' }, action: 'require_approval' as const }]
      const { claw, gateway } = onLocalGateway({ policies })
      const model = new ScriptedModel([call], 'Done.')
      const running = run({ model, tools: await gatewayTools(claw) })
      await gateway.approvals?.decide(await pendingOf(gateway), { decision: 'deny', reason: 'not today' })
      await running
      expect(model.told).toEqual([
        'error-text: The call of "math_add" was denied by a person and did not happen. Reason: not today',
      ])
      expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    })
  })

  it('are in the session they are given', async () => {
    const { claw, gateway } = onLocalGateway()
    await use(await gatewayTools(claw, undefined, { sessionKey: 'chat-1' }), 'math_add', { a: 1, b: 2 })
    await claw.flush()
    const { items } = await gateway.runs.list()
    expect(items).toMatchObject([{ sessionKey: 'chat-1', status: 'completed' }])
  })

  it('are given up when nobody decides in time, and when they are aborted', async () => {
    const policies = [{ id: 'ask', match: { tool: 'math.*' }, action: 'require_approval' as const }]
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

  it('are aborted with the call', async () => {
    const aborted: unknown[] = []
    const slow = {
      name: 'slow',
      inputSchema: { type: 'object' },
      execute: (_: unknown, { signal }: { readonly signal: AbortSignal }) =>
        new Promise<string>((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted.push(signal.reason)
            reject(new Error('stopped'))
          })
        }),
    }
    const { claw } = onLocalGateway({ tools: [slow] })
    const controller = new AbortController()
    const result = streamText({
      model: new ScriptedModel([{ id: 'call_1', name: 'slow', args: {} }], 'Done.'),
      tools: await gatewayTools(claw),
      messages: [...question],
      abortSignal: controller.signal,
      onError: () => {},
    })
    const types: string[] = []
    for await (const part of result.stream) {
      types.push(part.type)
      if (part.type === 'tool-call') setTimeout(() => controller.abort(new Error('enough')), 20)
    }
    expect(types).toContain('abort')
    expect(aborted).toHaveLength(1)
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })
})

describe('what comes of a call', () => {
  it.each<[string, JsonValue, unknown]>([
    ['text', 'hello', { type: 'text', value: 'hello' }],
    ['an object', { sum: 3 }, { type: 'json', value: { sum: 3 } }],
    ['nothing', null, { type: 'json', value: null }],
    [
      'a list of typed things that are no content',
      [{ type: 'invoice' }],
      { type: 'json', value: [{ type: 'invoice' }] },
    ],
    [
      'the content of an MCP tool',
      [
        { type: 'text', text: 'see' },
        { type: 'image', data: 'AAAA', mimeType: 'image/png' },
        { type: 'resource', resource: { uri: 'x:1' } },
      ],
      {
        type: 'content',
        value: [
          { type: 'text', text: 'see' },
          { type: 'file', mediaType: 'image/png', data: { type: 'data', data: 'AAAA' } },
          { type: 'text', text: '{"type":"resource","resource":{"uri":"x:1"}}' },
        ],
      },
    ],
  ])('%s', async (_, output, expected) => {
    const tools = await gatewayTools(answering({ status: 'ok', toolCallId: 'call_1', output }))
    const result = await use(tools, 'tool', {})
    expect(result).toEqual(output)
    expect(await tools['tool']?.toModelOutput?.({ toolCallId: 'call_1', input: {}, output: result })).toEqual(
      expected,
    )
  })

  it('a failure, without paths', async () => {
    const error = { message: 'no disk at /srv/data/x' }
    const tools = await gatewayTools(answering({ status: 'error', toolCallId: 'x', error }))
    await expect(use(tools, 'tool', {})).rejects.toMatchObject({ message: 'GatewayError: no disk at [path]' })
  })

  it('a refusal', async () => {
    const tools = await gatewayTools(answering({ status: 'blocked', toolCallId: 'x', reason: 'not allowed' }))
    await expect(use(tools, 'tool', {})).rejects.toMatchObject({
      code: 'guard_blocked',
      message: 'The call of "tool" was blocked and did not happen. Reason: not allowed',
    })
  })

  it('an approval that a gateway without approvals asks for is no success', async () => {
    const required: ToolResult = { status: 'approval_required', toolCallId: 'x', approvalId: 'y' }
    const gateway: Gateway = {
      name: 'half',
      close: async () => {},
      tools: { list: async () => [{ name: 'tool' }], invoke: async () => required },
    }
    const tools = await gatewayTools(createClient({ gateway, onError: () => {} }))
    await expect(use(tools, 'tool', {})).rejects.toMatchObject({ code: 'unsupported_by_gateway' })
  })

  it('a gateway that fails is a failure of the tool', async () => {
    const { claw } = onLocalGateway()
    const tools = await gatewayTools(claw)
    await claw.close()
    await expect(use(tools, 'math_add', { a: 1, b: 2 })).rejects.toMatchObject({ name: 'ToolCallError' })
  })
})

it('names are valid, different and independent of the order', async () => {
  const given = [
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
  const naming = async (names: readonly string[]): Promise<ReadonlyMap<unknown, string>> => {
    const list = async (): Promise<ToolDescription[]> => names.map((name) => ({ name }))
    const invoke = async (name: string): Promise<ToolResult> => ({
      status: 'ok',
      toolCallId: 'x',
      output: `called ${name}`,
    })
    const claw = createClient({ gateway: { ...createFakeGateway(), tools: { list, invoke } } })
    const tools = Object.entries(await gatewayTools(claw))
    for (const [modelName, tool] of tools)
      expect(await use({ [modelName]: tool }, modelName, {})).toBe(
        `called ${tool.metadata?.['gatewayTool'] as string}`,
      )
    return new Map(tools.map(([modelName, tool]) => [tool.metadata?.['gatewayTool'], modelName]))
  }
  const names = await naming(given)
  expect(new Set(names.values()).size).toBe(given.length)
  for (const name of names.values()) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
  expect(names.get('files_read')).toBe('files_read')
  expect(names.get('ok')).toBe('ok')
  const reversed = await naming(given.toReversed())
  for (const [name, modelName] of names) expect(reversed.get(name)).toBe(modelName)
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
