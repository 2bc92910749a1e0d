import { createClient } from '@pincer/core'
import { type LocalGateway, localGateway, startLocalGateway } from '@pincer/local-gateway'
import { eventually } from '@pincer/testing'
import { afterEach, describe, expect, it } from 'vitest'

import { createChatHandler } from '../src/ui-chat-handler.ts'
import { fetchOf, openChat, openShop, TestChat } from './ui-chat-fixture.ts'
import { partsOf } from './ui-fixture.ts'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close()
})

function open(options?: Parameters<typeof openShop>[0]): LocalGateway {
  const gateway = openShop(options)
  opened.push(gateway)
  return gateway
}

async function openRuns(gateway: LocalGateway): Promise<number> {
  const { items } = await gateway.runs.list({ limit: 100 })
  return items.filter(({ endedAt }) => endedAt === undefined).length
}

describe('a chat on a gateway', () => {
  it('answers, and remembers what was said', async () => {
    const gateway = open()
    const chat = openChat(gateway).chat()
    await chat.sendMessage({ text: 'Say: hello there' })
    expect(chat.said).toBe('hello there')
    const { metadata } = chat.lastMessage ?? {}
    expect(metadata).toMatchObject({ status: 'completed', stopReason: 'stop', agentId: 'main' })
    expect(metadata?.usage?.totalTokens).toBeGreaterThan(0)
    expect((await gateway.runs.get(metadata?.runId ?? ''))?.sessionKey).toBe('chat:one')
    await chat.sendMessage({ text: 'Look up order 7' })
    expect(chat.calls.map(({ state }) => state)).toEqual(['output-available'])
    const history = await gateway.sessions.history('chat:one')
    expect(history.filter(({ role }) => role === 'user').map(({ text }) => text)).toEqual([
      'Say: hello there',
      'Look up order 7',
    ])
  })

  it('asks, and goes on with the same run once the answer is given', async () => {
    const gateway = open()
    const chat = openChat(gateway).chat()
    await chat.sendMessage({ text: 'Refund order 7' })
    const call = await chat.call('approval-requested')
    expect(call.approval).toMatchObject({ requestReason: 'refunds cost money' })
    expect(chat.lastMessage?.metadata?.status).toBe('paused')
    await chat.addToolApprovalResponse({ id: call.approval?.id ?? '', approved: true })
    await chat.call('output-available')
    await chat.ready()
    expect(chat.error).toBeUndefined()
    expect(chat.messages.length).toBe(2)
    expect(chat.said).toBe('refund_order answered: order 7, refunded true.')
    expect((await gateway.runs.list()).items.length).toBe(1)
    expect(await gateway.approvals.get(call.approval?.id ?? '')).toMatchObject({
      status: 'approved',
      decidedBy: 'chat',
    })
  })

  it('tells the agent what was denied, and why', async () => {
    const chat = openChat(open()).chat()
    await chat.sendMessage({ text: 'Refund order 7' })
    const { approval } = await chat.call('approval-requested')
    await chat.addToolApprovalResponse({ id: approval?.id ?? '', approved: false, reason: 'too dear' })
    const denied = await chat.call('output-denied')
    expect(denied.approval).toMatchObject({ approved: false, reason: 'too dear' })
    await chat.ready()
    expect(chat.said).toContain('too dear')
  })

  it('shows what the guard blocks, with its reason', async () => {
    const chat = openChat(open()).chat()
    await chat.sendMessage({ text: 'Delete order 7' })
    expect(partsOf(chat.lastMessage)[0]).toMatchObject({
      state: 'output-error',
      errorText: 'the guard blocked it: orders are kept',
    })
  })

  it('asks two questions at once, and goes on when both are answered', async () => {
    const chat = openChat(open()).chat()
    const refund = (order: number): string => `[[tool:refund_order {"order":${order}}]]`
    await chat.sendMessage({ text: `${refund(1)} ${refund(2)}` })
    const [first, second] = chat.calls
    expect(chat.calls.map(({ state }) => state)).toEqual(['approval-requested', 'approval-requested'])
    await chat.addToolApprovalResponse({ id: first?.approval?.id ?? '', approved: true })
    expect(chat.status).toBe('ready')
    await chat.addToolApprovalResponse({ id: second?.approval?.id ?? '', approved: false })
    await chat.call('output-denied')
    await chat.ready()
    expect(chat.calls.map(({ state }) => state)).toEqual(['output-available', 'output-denied'])
  })

  it('waits with the question until what runs beside it is done', async () => {
    const slow = Promise.withResolvers<void>()
    const inputSchema = { type: 'object', properties: {} }
    const gateway = open({
      tools: [
        {
          name: 'slow_look',
          description: 'Looks.',
          inputSchema,
          execute: () => slow.promise.then(() => 'seen'),
        },
        { name: 'refund_order', description: 'Refunds.', inputSchema, execute: () => 'refunded' },
      ],
    })
    const chat = openChat(gateway).chat()
    const sent = chat.sendMessage({ text: '[[tool:slow_look {}]] [[tool:refund_order {}]]' })
    const asked = await chat.call('approval-requested')
    expect(chat.status).toBe('streaming')
    // The answer is not lost: it is sent once the page can.
    await chat.addToolApprovalResponse({ id: asked.approval?.id ?? '', approved: true })
    slow.resolve()
    await sent
    await eventually(() => chat.calls.every(({ state }) => state === 'output-available') || undefined)
    await chat.ready()
    expect(chat.error).toBeUndefined()
  })

  it('follows an answer that was given on the gateway', async () => {
    const gateway = open()
    const chat = openChat(gateway).chat()
    await chat.sendMessage({ text: 'Refund order 7' })
    const { approval } = await chat.call('approval-requested')
    await gateway.approvals.decide(approval?.id ?? '', { decision: 'deny', reason: 'closed today' })
    await chat.addToolApprovalResponse({ id: approval?.id ?? '', approved: true })
    const denied = await chat.call('output-denied')
    expect(denied.approval).toMatchObject({ approved: false, reason: 'closed today' })
  })

  it('takes a question back when the person says something else', async () => {
    const gateway = open()
    const { handler, ...opened } = openChat(gateway)
    const chat = opened.chat()
    await chat.sendMessage({ text: 'Refund order 7' })
    const { approval } = await chat.call('approval-requested')
    await chat.sendMessage({ text: 'Say: never mind' })
    expect(chat.said).toContain('never mind')
    expect(await gateway.approvals.get(approval?.id ?? '')).toMatchObject({ status: 'cancelled' })
    expect(await openRuns(gateway)).toBe(0)
    // The page does not show the call at work after a reload.
    const answer = await fetchOf(handler)('/api/chat/one/messages')
    const { messages } = (await answer.json()) as { messages: typeof chat.messages }
    const calls = messages.flatMap(({ parts }) => parts.filter(({ type }) => type === 'dynamic-tool'))
    expect(calls).toMatchObject([{ state: 'output-error' }])
  })

  it('goes on after a reload, with what the gateway has kept', async () => {
    const gateway = open()
    const before = openChat(gateway).chat()
    await before.sendMessage({ text: 'Look up order 7' })
    await before.sendMessage({ text: 'Refund order 7' })
    // Another process: nothing but the gateway remembers.
    const { handler } = openChat(gateway)
    const answer = await fetchOf(handler)('/api/chat/one/messages')
    const { messages } = (await answer.json()) as { messages: typeof before.messages }
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
    const after = new TestChat(handler, 'one', messages)
    await after.resumeStream()
    expect(after.messages.map(({ id }) => id).slice(1)).toEqual([
      before.messages[1]?.id,
      messages[2]?.id,
      before.messages[3]?.id,
    ])
    const { approval } = await after.call('approval-requested')
    await after.addToolApprovalResponse({ id: approval?.id ?? '', approved: true })
    await eventually(() => after.said.includes('refunded true') || undefined)
    await after.ready()
    expect((await fetchOf(handler)('/api/chat/one/stream')).status).toBe(204)
  })

  it('takes up an answer that is being written', async () => {
    const gateway = open()
    const { handler, chat } = openChat(gateway)
    const before = chat()
    const sent = before.sendMessage({ text: 'Tell. [[words:60]] [[slow:15]]' })
    await eventually(() => (before.said.length > 20 ? true : undefined))
    await before.stop()
    await sent
    expect(await openRuns(gateway)).toBe(1)
    const after = new TestChat(handler, 'one', before.messages)
    await after.resumeStream()
    expect(after.messages.length).toBe(2)
    expect(after.said.split(/\s+/).length).toBeGreaterThanOrEqual(60)
    expect(after.said.startsWith(before.said)).toBe(true)
  })

  it('stops the run when it is told to', async () => {
    const gateway = open()
    const { handler, chat } = openChat(gateway)
    const talk = chat()
    const sent = talk.sendMessage({ text: 'Tell. [[words:5000]] [[slow:10]]' })
    await eventually(() => (talk.said.length > 20 ? true : undefined))
    const stopped = await fetchOf(handler)('/api/chat/one/stream', { method: 'DELETE' })
    expect(stopped.status).toBe(204)
    await sent
    expect(talk.lastMessage?.metadata).toMatchObject({ status: 'cancelled' })
    expect(await openRuns(gateway)).toBe(0)
    expect((await fetchOf(handler)('/api/chat/one/stream', { method: 'DELETE' })).status).toBe(204)
  })

  it('cancels the run of a page that goes away, where it is to', async () => {
    const gateway = open()
    const chat = openChat(gateway, { onDisconnect: 'cancel' }).chat()
    const sent = chat.sendMessage({ text: 'Tell. [[words:5000]] [[slow:10]]' })
    await eventually(() => (chat.said.length > 20 ? true : undefined))
    await chat.stop()
    await sent
    await eventually(async () => ((await openRuns(gateway)) === 0 ? true : undefined))
    const [run] = (await gateway.runs.list()).items
    expect(run?.status).toBe('cancelled')
    // A question is no going away.
    await chat.sendMessage({ text: 'Refund order 7' })
    const { approval } = await chat.call('approval-requested')
    await chat.addToolApprovalResponse({ id: approval?.id ?? '', approved: true })
    await chat.call('output-available')
  })

  it('says the last message again when it is asked to', async () => {
    const gateway = open()
    const chat = openChat(gateway).chat()
    await chat.sendMessage({ text: 'Say: once more' })
    await chat.regenerate()
    expect(chat.messages.length).toBe(2)
    expect(chat.said).toBe('once more')
    expect((await gateway.runs.list()).items.length).toBe(2)
  })

  it('tells the reader nothing of what went wrong, and the program everything', async () => {
    const gateway = open({ model: { baseUrl: 'http://127.0.0.1:9/v1', apiKey: 'sk-secret-secret-secret' } })
    const errors: unknown[] = []
    const claw = createClient({ gateway, onError: (error) => errors.push(error) })
    const chat = new TestChat(createChatHandler({ claw, agent: 'main' }), 'one')
    await chat.sendMessage({ text: 'hello' })
    expect(chat.error?.message).toBe('An error occurred.')
    expect(chat.lastMessage?.metadata?.status).toBe('failed')
    expect(errors.length).toBeGreaterThan(0)
    const loud = openChat(gateway, { onError: () => 'The agent is ill.' }).chat('two')
    await loud.sendMessage({ text: 'hello' })
    expect(loud.error?.message).toBe('The agent is ill.')
    await claw.close()
  })

  it('passes on the settings of the run, and its parent', async () => {
    const gateway = open()
    const claw = createClient({ gateway })
    const chat = new TestChat(
      createChatHandler({ claw, agent: 'main', model: 'pincer-demo-reasoning' }),
      'one',
    )
    const parent = claw.startRun({ name: 'host' })
    await parent.within(() => chat.sendMessage({ text: 'hello' }))
    parent.end()
    expect(partsOf(chat.lastMessage)[0]).toMatchObject({ type: 'reasoning' })
    const run = await gateway.runs.get(chat.lastMessage?.metadata?.runId ?? '')
    expect(run?.parentRunId).toBe(parent.runId)
    await claw.close()
  })

  it('is the same over HTTP', async () => {
    const server = await startLocalGateway({
      port: 0,
      databasePath: ':memory:',
      agents: [{ id: 'main' }],
      tools: [
        {
          name: 'refund_order',
          description: 'Refunds an order.',
          inputSchema: { type: 'object', properties: { order: { type: 'integer' } }, required: ['order'] },
          execute: ({ order }) => ({ order, refunded: true }),
        },
      ],
      policies: [{ id: 'ask', match: { tool: 'refund_*' }, action: 'require_approval' }],
    })
    opened.push(server)
    const gateway = localGateway({ url: server.url })
    opened.push(gateway)
    const { handler, chat } = openChat(gateway)
    const talk = chat()
    await talk.sendMessage({ text: 'Refund order 7' })
    const { approval } = await talk.call('approval-requested')
    const again = new TestChat(handler, 'one', talk.messages.slice(0, 1))
    await again.resumeStream()
    await again.call('approval-requested')
    await again.addToolApprovalResponse({ id: approval?.id ?? '', approved: true })
    await again.call('output-available')
    await again.ready()
    expect(again.said).toContain('refunded true')
  })

  it('says so where the gateway runs no agents', async () => {
    const gateway = { name: 'bare', close: async () => {} }
    const errors: unknown[] = []
    const claw = createClient({ gateway, onError: (error) => errors.push(error) })
    const chat = new TestChat(createChatHandler({ claw, agent: 'main' }), 'one')
    await chat.sendMessage({ text: 'hello' })
    expect(chat.error?.message).toBe('An error occurred.')
    expect(errors).toEqual([expect.objectContaining({ code: 'unsupported_by_gateway' })])
    await claw.close()
  })
})
