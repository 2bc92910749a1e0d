import { createClient } from '@pincer/core'
import { localGateway } from '@pincer/local-gateway'
import type { Gateway, JsonValue, ToolDescription, ToolResult } from '@pincer/protocol'
import { createFakeGateway } from '@pincer/testing'
import { describe, expect, it } from 'vitest'

import { type GatewayTools, gatewayTools } from '../src/index.ts'
import { agentOf, ask, ScriptedModel } from './guard-fixture.ts'

/** A gateway whose one tool answers what it is told to. */
function answering(result: ToolResult, tool: Partial<ToolDescription> = {}) {
  const gateway: Gateway = {
    ...createFakeGateway(),
    tools: { list: async () => [{ name: 'tool', ...tool }], invoke: async () => result },
  }
  return createClient({ gateway, onError: () => {} })
}

function given(signal?: AbortSignal): object {
  const agent = { agentId: 'a', toolCallId: 'call_1', messages: [] }
  return { runId: 'run_1', agent, ...(signal !== undefined && { abortSignal: signal }) }
}

async function use(tools: GatewayTools, name: string, input: object, signal?: AbortSignal): Promise<unknown> {
  return tools[name]?.execute?.(input, given(signal) as never)
}

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
          { type: 'media', data: 'AAAA', mediaType: 'image/png' },
          { type: 'text', text: '{"type":"resource","resource":{"uri":"x:1"}}' },
        ],
      },
    ],
  ])('%s', async (_, output, expected) => {
    const claw = answering({ status: 'ok', toolCallId: 'call_1', output })
    const tools = await gatewayTools(claw)
    const result = await use(tools, 'tool', {})
    expect(result).toEqual(output)
    expect(await tools['tool']?.toModelOutput?.(result)).toEqual(expected)
    const model = new ScriptedModel([{ id: 'call_1', name: 'tool', args: {} }], 'Done.')
    expect((await ask(agentOf({ model, tools }))).text).toBe('Done.')
    const { type, value } = expected as { readonly type: string; readonly value: unknown }
    if (value !== null)
      expect(model.told).toEqual([`${type}: ${typeof value === 'string' ? value : JSON.stringify(value)}`])
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
    const gateway = localGateway({
      databasePath: ':memory:',
      tools: [{ name: 'math.add', inputSchema: { type: 'object' }, execute: () => 3 }],
    })
    const claw = createClient({ gateway })
    const tools = await gatewayTools(claw)
    await claw.close()
    await expect(use(tools, 'math_add', { a: 1, b: 2 })).rejects.toMatchObject({ name: 'ToolCallError' })
  })
})
