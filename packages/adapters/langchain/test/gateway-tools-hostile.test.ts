// Catalogs, schemas, results and approvals as a broken gateway gives them.
import type { DynamicStructuredTool } from '@langchain/core/tools'
import { createClient } from '@pincer/core'
import type { Approvals, ToolDescription, ToolResult } from '@pincer/protocol'
import { createFakeGateway } from '@pincer/testing'
import { createAgent } from 'langchain'
import { describe, expect, it } from 'vitest'

import { gatewayTools, type GatewayToolsOptions } from '../src/tools.ts'
import { question, ScriptedModel } from './guard-fixture.ts'

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
  const [found] = await gatewayTools(claw, undefined, options)
  if (found === undefined) throw new Error('there is no tool')
  return { claw, tool: found }
}

/** What an agent is told by the tool. */
async function said(tool: DynamicStructuredTool): Promise<unknown> {
  const model = new ScriptedModel([{ id: 'call_1', name: 'tool', args: { a: 1 } }], 'Done.')
  await createAgent({ model, tools: [tool] }).invoke(question)
  return model.answers.map(({ status, text }) => `${status}: ${text}`)[0]
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
    ['with a pattern that is none', { type: 'object', properties: { b: { type: 'string', pattern: '(' } } }],
    ['with a reference to itself', { type: 'object', properties: { a: { $ref: '#' } }, $defs: {} }],
    ['of a newer draft', { $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object' }],
    ['a list', []],
  ])('%s: an agent calls the tool', async (_, inputSchema) => {
    const { tool, claw } = await only({ tool: { inputSchema }, result: fine })
    expect(await said(tool)).toMatch(/^(?:success: fine|\w+: Error.*(?:schema|expected))/i)
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })
})

it('an empty description is none, for models take no empty one', async () => {
  const { tool } = await only({ tool: { description: '' } })
  expect(tool.description).toBe('tool tool')
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
  ])('%s is told to the model as a failure, without paths', async (_, result) => {
    const { tool, claw } = await only({ result })
    const text = String(await said(tool))
    expect(text).toMatch(/^error: /)
    expect(text).not.toMatch(/TypeError|Cannot (?:read|destructure)|\/work|node_modules|\.ts/)
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('nothing, of a tool that gives nothing', async () => {
    const { tool } = await only({ result: { status: 'ok', toolCallId: 'x' } })
    expect(await said(tool)).toBe('success: null')
  })
})

describe('an approval', () => {
  const result = { status: 'approval_required', toolCallId: 'x', approvalId: 'y' }
  const never = (): Promise<never> => new Promise(() => {})

  it('of a gateway that never answers is given up when the time is over', async () => {
    const { tool, claw } = await only({
      result,
      approvals: { wait: never },
      options: { approvalTimeoutMs: 30 },
    })
    await expect(tool.invoke({})).rejects.toMatchObject({ code: 'approval_timed_out' })
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('of a gateway that never answers is given up when it is aborted', async () => {
    const { tool, claw } = await only({ result, approvals: { wait: never } })
    const waiting = tool.invoke({}, { signal: AbortSignal.timeout(30) })
    await expect(waiting).rejects.toMatchObject({ name: 'TimeoutError' })
    await expect.poll(() => claw.stats().open).toBe(0)
  })

  it.each([[undefined], [null], [{}], [{ approvalId: 'y', status: 'yes' }]])(
    '%o is none',
    async (approval) => {
      const { tool, claw } = await only({
        result,
        approvals: { wait: async () => approval as never },
        options: { approvalTimeoutMs: 30 },
      })
      expect(await said(tool)).toMatch(/^error: The call of "tool" /)
      expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    },
  )
})
