// Catalogs, schemas, results and approvals as a broken gateway gives them.
import { createClient } from '@pincer/core'
import type { Approvals, ToolDescription, ToolResult } from '@pincer/protocol'
import { createFakeGateway, eventually } from '@pincer/testing'
import { describe, expect, it } from 'vitest'

import { type GatewayTools, gatewayTools, type GatewayToolsOptions } from '../src/index.ts'
import { agentOf, ask, ScriptedModel } from './guard-fixture.ts'

interface Broken {
  readonly tool?: object
  readonly result?: unknown
  readonly approvals?: Partial<Approvals>
  readonly options?: GatewayToolsOptions
}

async function only({ tool = {}, result, approvals = {}, options }: Broken) {
  const fake = createFakeGateway()
  const gateway = {
    ...fake,
    approvals: { ...fake.approvals, ...approvals },
    tools: {
      list: async () => [{ name: 'tool', ...tool } as ToolDescription],
      invoke: async () => result as ToolResult,
    },
  }
  const claw = createClient({ gateway, onError: () => {} })
  return { claw, tools: await gatewayTools(claw, undefined, options) }
}

/** What a model is told by the tool. */
async function said(tools: GatewayTools, args: object = { a: 1 }): Promise<string> {
  const model = new ScriptedModel([{ id: 'call_1', name: 'tool', args }], 'Done.')
  const { text } = await ask(agentOf({ model, tools }))
  expect(text).toBe('Done.')
  return model.told.join()
}

function use(tools: GatewayTools, signal?: AbortSignal): Promise<unknown> {
  const agent = { agentId: 'a', toolCallId: 'x', messages: [] }
  const context = { runId: 'run_1', agent, ...(signal !== undefined && { abortSignal: signal }) }
  return Promise.resolve(tools['tool']?.execute?.({}, context as never))
}

const fine = { status: 'ok', toolCallId: 'x', output: 'fine' }

describe('a schema that is', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['true', true],
    ['a text', 'object'],
    ['of another type', { type: 'string' }],
    ['without properties', { type: 'object', properties: null }],
    ['with a reference to itself', { type: 'object', properties: { a: { $ref: '#' } }, $defs: {} }],
    ['of a newer draft', { $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object' }],
    ['a list', []],
  ])('%s: the tool is called', async (_, inputSchema) => {
    const { tools, claw } = await only({ tool: { inputSchema }, result: fine })
    expect(await said(tools, {})).toBe('text: fine')
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('with a pattern that is none: the tool is not called, and the model is told', async () => {
    const inputSchema = { type: 'object', properties: { b: { type: 'string', pattern: '(' } } }
    const { tools, claw } = await only({ tool: { inputSchema }, result: fine })
    expect(await said(tools)).toContain('Invalid regular expression')
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })
})

it('an empty description is none, for models take no empty one', async () => {
  const { tools } = await only({ tool: { description: '' } })
  expect(tools['tool']?.description).toBe('tool tool')
})

describe('a result that is', () => {
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'yes'],
    ['an error without words', { status: 'error', toolCallId: 'x' }],
    ['of an unknown kind', { status: 'perhaps', toolCallId: 'x' }],
    ['blocked without a reason', { status: 'blocked', toolCallId: 'x' }],
    ['a circle', { status: 'ok', toolCallId: 'x', output: circle }],
    ['a bigint', { status: 'ok', toolCallId: 'x', output: 5n }],
    [
      'an error with a stack',
      { status: 'error', toolCallId: 'x', error: { message: 'x\n    at run (/srv/a.js:1:2)' } },
    ],
  ])('%s is told to the model as a failure, without paths', async (_, result) => {
    const { tools, claw } = await only({ result })
    const text = await said(tools)
    expect(text).not.toMatch(/^(?:json|content): /)
    expect(text).not.toMatch(/TypeError|Cannot (?:read|destructure)|\/work|\/srv|node_modules|\.ts| {4}at /)
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('nothing, of a tool that gives nothing', async () => {
    const { tools } = await only({ result: { status: 'ok', toolCallId: 'x' } })
    expect(await said(tools)).toBe('json: null')
  })
})

describe('an approval', () => {
  const result = { status: 'approval_required', toolCallId: 'x', approvalId: 'y' }
  const never = (): Promise<never> => new Promise(() => {})

  it('of a gateway that never answers is given up when the time is over', async () => {
    const { tools, claw } = await only({
      result,
      approvals: { wait: never },
      options: { approvalTimeoutMs: 30 },
    })
    await expect(use(tools)).rejects.toMatchObject({ code: 'approval_timed_out' })
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('of a gateway that never answers is given up when it is aborted', async () => {
    const { tools, claw } = await only({ result, approvals: { wait: never } })
    await expect(use(tools, AbortSignal.timeout(30))).rejects.toMatchObject({ name: 'TimeoutError' })
    await eventually(() => claw.stats().open === 0)
  })

  it.each([[undefined], [null], [{}], [{ approvalId: 'y', status: 'yes' }]])(
    '%o is none',
    async (approval) => {
      const { tools, claw } = await only({
        result,
        approvals: { wait: async () => approval as never },
        options: { approvalTimeoutMs: 30 },
      })
      expect(await said(tools)).toContain('The call of "tool" ')
      expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    },
  )
})

it('a tool of a gateway that hangs is given up when it is aborted', async () => {
  const gateway = {
    ...createFakeGateway(),
    tools: { list: async () => [{ name: 'tool' }], invoke: (): Promise<never> => new Promise(() => {}) },
  }
  const claw = createClient({ gateway, onError: () => {} })
  await expect(use(await gatewayTools(claw), AbortSignal.timeout(30))).rejects.toBeDefined()
  await eventually(() => claw.stats().open === 0)
})
