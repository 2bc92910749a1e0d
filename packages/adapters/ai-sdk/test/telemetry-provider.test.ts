import { createClient } from '@pincer/core'
import { localGateway, type LocalGatewayOptions } from '@pincer/local-gateway'
import type { RunTree } from '@pincer/protocol'
import { generateText, isStepCount, type ModelMessage, streamText, tool } from 'ai'
import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'

import { createPincer, pincerApproval, pincerTelemetry } from '../src/index.ts'
import { call, say, ScriptedModel } from './telemetry-model.ts'
import { add } from './telemetry-tools.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

function open(options: Partial<LocalGatewayOptions> = {}) {
  const faults: unknown[] = []
  const gateway = localGateway({
    databasePath: ':memory:',
    tools: [{ name: 'far_add', description: 'Adds.', inputSchema: { type: 'object' }, execute: () => 3 }],
    ...options,
  })
  const claw = createClient({ gateway, guard: { mode: 'enforce' }, onError: (error) => faults.push(error) })
  closing.push(async () => {
    await claw.close({ timeoutMs: 1_000 })
    expect(faults).toEqual([])
  })
  const telemetry = { integrations: [pincerTelemetry(claw)] }
  /** The runs that have no parent, with what is below them. */
  async function roots(): Promise<readonly RunTree[]> {
    await claw.flush()
    const { items } = await gateway.runs.list({ limit: 200 })
    const trees = await Promise.all(items.map(({ runId }) => gateway.runs.get(runId)))
    return trees.filter((tree) => tree !== undefined).filter(({ parentRunId }) => parentRunId === undefined)
  }
  return { gateway, claw, telemetry, roots }
}

const ways = ['generateText', 'streamText'] as const

describe.each(ways)('an agent of the gateway as the model, %s', (way) => {
  const ask = async (options: Parameters<typeof generateText>[0]): Promise<string> =>
    way === 'generateText' ? (await generateText(options)).text : streamText(options).text

  test('is a run below the one that called it, and counts its tokens once', async () => {
    const { claw, telemetry, roots } = open()
    const model = createPincer({ claw })('main')
    expect(await ask({ model, prompt: 'Say hello', telemetry })).toContain('hello')
    const [root, ...others] = await roots()
    expect(others).toEqual([])
    expect(root?.status).toBe('completed')
    expect(root?.actions.map(({ kind, outcome }) => [kind, outcome])).toEqual([['model_call', 'ok']])
    const [far] = root?.children ?? []
    expect(far?.usage.totalTokens).toBeGreaterThan(0)
    expect(root?.usage.totalTokens).toBe(0)
    expect(root?.totalUsage.totalTokens).toBe(far?.totalUsage.totalTokens)
  })

  test('counts its tokens here where its gateway has another record', async () => {
    const far = open()
    const { telemetry, roots } = open()
    const model = createPincer({ gateway: far.gateway })('main')
    await ask({ model, prompt: 'Say hello', telemetry })
    const [root] = await roots()
    expect(root?.usage.totalTokens).toBeGreaterThan(0)
    expect(root?.children).toEqual([])
  })

  test('executes its tools itself: they stand in its run, and nowhere else', async () => {
    const { claw, telemetry, roots } = open()
    const model = createPincer({ claw })('main')
    await ask({ model, prompt: '[[tool:far_add {}]]', telemetry })
    const [root] = await roots()
    expect(root?.actions.map(({ kind }) => kind)).toEqual(['model_call'])
    const far = root?.children[0]
    expect(far?.actions.filter(({ kind }) => kind === 'tool_call')).toHaveLength(1)
  })

  test('pauses the run with it, and both go on with the answer', async () => {
    const { claw, telemetry, roots, gateway } = open({
      policies: [{ id: 'ask', match: { tool: 'far_*' }, action: 'require_approval', reason: 'it is far' }],
    })
    const model = createPincer({ claw })('main')
    const messages: ModelMessage[] = [{ role: 'user', content: '[[tool:far_add {}]]' }]
    const result =
      way === 'generateText'
        ? await generateText({ model, messages, telemetry })
        : streamText({ model, messages, telemetry })
    const content = await result.content
    const request = content.find((part) => part.type === 'tool-approval-request')
    if (request?.type !== 'tool-approval-request') throw new Error('nothing was asked')
    expect(claw.stats().open).toBe(1)
    const { approvalId } = request
    messages.push(...(await result.responseMessages), {
      role: 'tool',
      content: [{ type: 'tool-approval-response', approvalId, approved: true, providerExecuted: true }],
    })
    await ask({ model, messages, telemetry })
    expect(claw.stats().open).toBe(0)
    expect((await gateway.approvals.get(approvalId))?.status).toBe('approved')
    const [root, ...others] = await roots()
    expect(others).toEqual([])
    expect(root?.status).toBe('completed')
    expect(root?.children).toHaveLength(1)
    expect(root?.usage.totalTokens).toBe(0)
    expect(root?.actions.map(({ kind }) => kind)).toEqual(['model_call', 'model_call'])
  })
})

describe.each(ways)('with the guard, %s', (way) => {
  const ask = async (options: Parameters<typeof generateText>[0]): Promise<readonly ModelMessage[]> =>
    way === 'generateText'
      ? (await generateText(options)).responseMessages
      : await streamText(options).responseMessages
  const policies = [
    { id: 'no', match: { tool: 'drop' }, action: 'block' as const, reason: 'never' },
    { id: 'ask', match: { tool: 'pay' }, action: 'require_approval' as const, reason: 'it costs' },
  ]
  const run = tool({ inputSchema: z.object({}), execute: () => 'done' })
  const tools = { add, drop: run, pay: run }

  test('a call is one action, whoever sees it first', async () => {
    const { claw, telemetry, roots } = open({ policies })
    const model = new ScriptedModel([call(['add', { a: 1, b: 2 }, 'c1'], ['drop', {}, 'c2']), say('Done')])
    await ask({
      model,
      prompt: 'hi',
      tools,
      telemetry,
      stopWhen: isStepCount(3),
      toolApproval: pincerApproval(claw),
    })
    const [root, ...others] = await roots()
    expect(others).toEqual([])
    const calls = root?.actions.filter(({ kind }) => kind === 'tool_call')
    expect(calls?.map(({ name, outcome, toolCallId }) => [toolCallId, name, outcome])).toEqual([
      ['c1', 'add', 'ok'],
      ['c2', 'drop', 'blocked'],
    ])
    expect(root?.status).toBe('completed')
  })

  test.each([true, false])(
    'a question to a person is asked once, and answered in the chat: %s',
    async (approved) => {
      const { claw, telemetry, roots, gateway } = open({ policies })
      const messages: ModelMessage[] = [{ role: 'user', content: 'hi' }]
      const options = {
        tools,
        telemetry,
        stopWhen: isStepCount(3),
        toolApproval: pincerApproval(claw, { ask: 'user' }),
      }
      messages.push(
        ...(await ask({ ...options, model: new ScriptedModel([call(['pay', {}, 'c1'])]), messages })),
      )
      const [pending] = await gateway.approvals.list({ status: 'pending' })
      expect(pending?.toolCallId).toBe('c1')
      expect((await roots())[0]?.status).toBe('paused')
      const asked = messages.at(-1)
      if (asked?.role !== 'assistant' || typeof asked.content === 'string')
        throw new Error('nothing was asked')
      const approvalId = asked.content.find((part) => part.type === 'tool-approval-request')?.approvalId ?? ''
      messages.push({
        role: 'tool',
        content: [{ type: 'tool-approval-response', approvalId, approved }],
      })
      await ask({ ...options, model: new ScriptedModel([say('Well')]), messages })
      const [root, ...others] = await roots()
      expect(others).toEqual([])
      const calls = root?.actions.filter(({ kind }) => kind === 'tool_call')
      expect(calls?.map(({ outcome }) => outcome)).toEqual([approved ? 'ok' : 'denied'])
      expect(root?.status).toBe('completed')
      expect((await gateway.approvals.get(pending?.approvalId ?? ''))?.status).toBe(
        approved ? 'approved' : 'denied',
      )
      expect(claw.stats().open).toBe(0)
    },
  )
})
