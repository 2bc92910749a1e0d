import { type Claw, createClient } from '@pincer/core'
import { OpenClaw, openclaw, type OpenClawGateway } from '@pincer/openclaw'
import type { Gateway } from '@pincer/protocol'
import { eventually } from '@pincer/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { gatewayTools, guardHooks, requireApproval } from '../src/index.ts'
import {
  addCall,
  addTool,
  agentOf,
  ask,
  readStream,
  type ScriptedCall,
  ScriptedModel,
} from '../test/guard-fixture.ts'
import { readGatewayPlace } from './gateway-place.ts'

const { url, token } = readGatewayPlace()
// Questions are asked only where somebody could see them.
const person = new OpenClaw({ url, token, reviewer: true, displayName: 'mastra-reviewer' })
const closing: Claw[] = []
beforeAll(() => person.connect())
afterAll(() => person.close())
afterEach(async () => {
  for (const claw of closing.splice(0)) await claw.close()
})

function open(options: Parameters<typeof openclaw>[0] = {}): { claw: Claw; gateway: OpenClawGateway } {
  const gateway = openclaw({ url, token, ...options })
  const claw = createClient({ gateway, guard: { mode: 'enforce' } })
  closing.push(claw)
  return { claw, gateway }
}

function callOf(name: string, args: object = {}): ScriptedCall {
  return { id: `call_${crypto.randomUUID()}`, name, args }
}

/** What an agent is told by one call of one of the Gateway's tools. */
async function told(claw: Claw, call: ScriptedCall, options: object = {}): Promise<string> {
  const model = new ScriptedModel([call], 'Done.')
  const tools = await gatewayTools(claw, undefined, options)
  expect((await ask(agentOf({ model, tools, hooks: guardHooks(claw) }))).text).toBe('Done.')
  return model.told.join()
}

/** Answers the question about one call, as a person at the Gateway. */
async function answer(name: string, isAbout: (id: string) => boolean, decision: 'allow-once' | 'deny') {
  const id = await eventually(async () => {
    const rows: unknown = await person.request('plugin.approval.list', {})
    const own = (Array.isArray(rows) ? rows : []).find(
      ({ request }) => request.toolName === name && isAbout(String(request.toolCallId)),
    ) as { readonly id: string } | undefined
    return own?.id
  })
  await person.request('approval.resolve', { id, kind: 'plugin', decision })
}

/** The question that a tool of the Gateway has put in a session. */
async function findQuestion(sessionKey: string): Promise<string | undefined> {
  const { questions } = Object(await person.request('question.list', {}))
  const rows: readonly { readonly id: string; readonly sessionKey?: string }[] = questions
  return rows.find((row) => row.sessionKey === sessionKey)?.id
}

describe('mastra: the tools of the real Gateway', () => {
  it('are listed with their schemas', async () => {
    const { claw } = open()
    const tools = await gatewayTools(claw)
    expect(Object.keys(tools)).toEqual(expect.arrayContaining(['get_goal', 'agents_list', 'memory_search']))
    const model = new ScriptedModel('Hello.')
    await ask(agentOf({ model, tools: () => gatewayTools(claw, ['get_goal', 'memory_search']) }))
    expect(model.offered).toEqual([['get_goal', 'memory_search']])
  })

  it('answer', async () => {
    const { claw } = open()
    expect(await told(claw, callOf('get_goal'))).toBe('json: {"status":"missing"}')
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('tell the model what the Gateway refuses', async () => {
    const { claw } = open()
    expect(await told(claw, callOf('sessions_list'))).toContain(
      'The call of "sessions_list" was blocked and did not happen. Reason: the gate blocks this tool',
    )
  })

  it.each([
    ['allow-once' as const, '"agents"'],
    ['deny' as const, 'did not happen'],
  ])('wait for a person: %s', async (decision, expected) => {
    const { claw } = open()
    const call = callOf('agents_list')
    const running = told(claw, call)
    await answer(call.name, (id) => id === call.id, decision)
    expect(await running).toContain(expected)
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('give up where nobody answers in time', async () => {
    const { claw } = open()
    const call = callOf('agents_list')
    expect(await told(claw, call, { approvalTimeoutMs: 500 })).toContain(
      'needs an approval that nobody gave in time',
    )
    await answer(call.name, (id) => id === call.id, 'deny')
  })

  it('that the Gateway does not know are told to the model as such', async () => {
    const { gateway } = open()
    const { tools } = gateway
    const list: NonNullable<Gateway['tools']>['list'] = async () => [{ name: 'no-such-tool' }]
    const claw = createClient({ gateway: { ...gateway, tools: { ...tools, list } }, onError: () => {} })
    expect(await told(claw, callOf('no-such-tool'))).toContain('the Gateway has no tool "no-such-tool"')
  })

  it('are not called with arguments that do not fit', async () => {
    const { claw } = open()
    expect(await told(claw, callOf('memory_search', { query: 7 }))).toMatch(/validation failed/)
    expect(await told(claw, callOf('sessions_history', {}))).toMatch(/validation failed|sessionKey/)
  })

  it('are given up with the run, while one of them runs', async () => {
    const { claw } = open()
    const controller = new AbortController()
    const sessionKey = `agent:main:mastra-${crypto.randomUUID()}`
    const options = [{ label: 'red' }, { label: 'blue' }]
    const questions = [{ id: 'shell', header: 'Shell', question: 'Which one?', options }]
    const model = new ScriptedModel([callOf('ask_user', { questions })], 'Done.')
    const tools = await gatewayTools(claw, ['ask_user'], { sessionKey })
    const running = ask(agentOf({ model, tools }), { abortSignal: controller.signal }).catch(() => undefined)
    // The tool runs until somebody answers what it asks.
    const id = await eventually(() => findQuestion(sessionKey))
    controller.abort(new Error('enough'))
    await running
    await eventually(() => claw.stats().open === 0)
    expect(claw.stats()).toMatchObject({ lateEnds: 0 })
    expect(model.seen).toHaveLength(1)
    await person.request('question.resolve', { id, answers: { answers: { shell: ['red'] } } }).catch(() => {})
  })
})

describe('mastra: own tools under the guard of the real Gateway', () => {
  const guard = (): 'require_approval' => 'require_approval'

  it.each([
    ['approveToolCall' as const, 1, 'approved'],
    ['declineToolCall' as const, 0, 'denied'],
  ])('suspend, and go on with %s', async (way, calls, status) => {
    const { claw, gateway } = open({ guard })
    const inputs: unknown[] = []
    const call = addCall(`call_${crypto.randomUUID()}`)
    const model = new ScriptedModel([call], 'Done.')
    const agent = agentOf({ model, tools: requireApproval(claw, { add: addTool(inputs) }) })
    const { runId, questions } = await ask(agent)
    expect(questions).toMatchObject([{ toolCallId: call.id, toolName: 'add' }])
    const next = await readStream(agent[way]({ runId, toolCallId: call.id }))
    expect(next.text).toBe('Done.')
    expect(inputs).toHaveLength(calls)
    const own = (await gateway.approvals.list()).filter(({ toolCallId }) => toolCallId?.startsWith(call.id))
    expect(own).toMatchObject([{ status }])
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it.each([
    ['allow-once' as const, 1],
    ['deny' as const, 0],
  ])('wait for a person in the hooks: %s', async (decision, calls) => {
    const { claw } = open({ guard })
    const inputs: unknown[] = []
    const call = addCall(`call_${crypto.randomUUID()}`)
    const model = new ScriptedModel([call], 'Done.')
    const running = ask(agentOf({ model, tools: { add: addTool(inputs) }, hooks: guardHooks(claw) }))
    await answer('add', (id) => id === call.id, decision)
    await running
    expect(inputs).toHaveLength(calls)
  })
})
