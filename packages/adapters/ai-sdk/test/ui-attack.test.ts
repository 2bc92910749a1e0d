import type { GatewayRun } from '@pincer/protocol'
import { createFakeGateway, eventually, type FakeGateway } from '@pincer/testing'
import { describe, expect, it } from 'vitest'

import { createChatHandler } from '../src/ui-chat-handler.ts'
import { toUIMessageStream } from '../src/ui-message-stream.ts'
import { openShop } from './ui-chat-fixture.ts'
import { eventsOf, faultsOf, partsOf, show, type Told } from './ui-fixture.ts'

const said = { id: '1', role: 'user', parts: [{ type: 'text', text: 'Say: hello' }] }
const started: Told = ['run.started', {}]
const done: Told = ['run.completed', { stopReason: 'stop' }]
const calls = (toolCallId: string): Told => ['tool.call.started', { toolCallId, name: 'build', input: {} }]
const prints = (toolCallId: string, delta: string): Told => ['tool.call.delta', { toolCallId, delta }]

function post(body: unknown, headers: Record<string, string> = {}, signal?: AbortSignal): Request {
  return new Request('http://localhost:3000/api/chat', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    ...(signal !== undefined && { signal }),
  })
}

/** A message of the assistant that answers questions about calls of a run. */
function answering(
  runId: string,
  ids: readonly (readonly [toolCallId: string, approvalId: string])[],
): object {
  const parts = ids.map(([toolCallId, id]) => ({
    type: 'dynamic-tool',
    toolName: 'open',
    toolCallId,
    input: {},
    state: 'approval-responded',
    approval: { id, approved: true },
  }))
  return { id: 'a', role: 'assistant', metadata: { runId }, parts }
}

/** A gateway whose runs ask `asked` and stay open. */
function openGate(asked: readonly string[]): FakeGateway {
  return createFakeGateway({
    agent: async (_request, tell, signal) => {
      for (const approvalId of asked) {
        tell('tool.call.started', { toolCallId: `call_${approvalId}`, name: 'open' })
        tell('approval.requested', { approvalId, toolCallId: `call_${approvalId}`, name: 'open' })
      }
      await new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
      )
      return {}
    },
  })
}

describe('what a tool prints', () => {
  it('costs the reader little more than it is long', async () => {
    const printed = Array.from({ length: 5_000 }, (_, line) => prints('c', `line ${line} of the build\n`))
    const events = eventsOf([started, calls('c'), ...printed, done])
    const { chunks, message } = await show(events)
    expect(faultsOf(chunks)).toEqual([])
    const length = printed.reduce((sum, [, data]) => sum + (Object(data).delta as string).length, 0)
    expect(JSON.stringify(chunks).length).toBeLessThan(length * 8)
    expect(message?.parts.some(({ type }) => type === 'dynamic-tool')).toBe(true)
  })

  it('is shown to its end while the tool is silent', async () => {
    const events = eventsOf([
      started,
      calls('c'),
      prints('c', 'x'.repeat(100)),
      prints('c', 'Password: '),
      done,
    ])
    const silent = Promise.withResolvers<void>()
    async function* tell(): AsyncGenerator<(typeof events)[number]> {
      yield* events.slice(0, -1)
      await silent.promise
      yield* events.slice(-1)
    }
    let shown = ''
    for await (const chunk of toUIMessageStream(tell())) {
      if (chunk.type !== 'tool-output-available') continue
      shown = String(chunk.output)
      if (shown.endsWith('Password: ')) silent.resolve()
    }
    expect(shown).toMatch(/x{100}Password: $/)
  })

  it('is kept once, whatever other tools print beside it', async () => {
    const told: Told[] = [started, calls('a'), calls('b')]
    for (let turn = 0; turn < 500; turn++)
      told.push(prints('a', 'a'.repeat(200)), prints('b', 'b'.repeat(200)))
    // What is taken back makes the step be shown anew.
    told.push(['assistant.delta', { delta: 'one', itemId: 'm' }])
    told.push(['assistant.delta', { delta: 'two', itemId: 'm', replace: true }], done)
    const { chunks, message } = await show(eventsOf(told))
    const reset = chunks.findIndex(({ type }) => type === 'reset-step')
    const again = chunks.slice(reset + 1).filter(({ type }) => type === 'tool-output-available')
    expect([reset > 0, again.length]).toEqual([true, 2])
    expect(partsOf(message)).toContainEqual(expect.objectContaining({ type: 'text', text: 'two' }))
  })
})

describe('words for an error', () => {
  const failed = eventsOf([started, ['run.failed', { error: { message: 'token sk-123' } }]])
  const fails = (): string => {
    throw new Error('token sk-123')
  }

  it.each([
    ['fail', fails],
    ['are none', () => undefined as unknown as string],
  ])('that %s leave the message whole, and secrets out of it', async (_, onError) => {
    const { chunks, errors } = await show(failed, { onError })
    expect(faultsOf(chunks)).toEqual([])
    expect(errors).toEqual(['An error occurred.'])
    const gateway = createFakeGateway({ fail: () => new Error('token sk-123') })
    const handler = createChatHandler({ gateway, agent: 'fake', onError })
    const answer = await handler(post({ id: 'one', messages: [said] }))
    expect([answer.status, await answer.text()]).toEqual([500, 'An error occurred.'])
  })
})

describe('a page that goes away', () => {
  it('while its run is being started cancels it, where leaving cancels', async () => {
    const gateway = openGate([])
    const gone = new AbortController()
    const handler = createChatHandler({ gateway, agent: 'fake', onDisconnect: 'cancel' })
    gateway.behaviour.slowMs = 20
    const answering = handler(post({ id: 'one', messages: [said] }, {}, gone.signal))
    gone.abort()
    const [first] = (await (await answering).text()).split('\n').filter((line) => line.startsWith('data:'))
    const { messageMetadata } = JSON.parse(first?.slice('data:'.length) ?? '{}')
    const run = await gateway.agents.get(messageMetadata.runId)
    expect(await eventually(async () => (await run?.wait({ timeoutMs: 5 }))?.status)).toBe('cancelled')
  })
})

describe('answers of a page', () => {
  it('are taken all or none', async () => {
    const gateway = openGate(['mine', 'theirs'])
    const run = await gateway.agents.run({ agentId: 'fake', input: 'x', sessionKey: 'chat:one' })
    const { runId } = run
    gateway.openApproval({ approvalId: 'mine', name: 'open', runId })
    gateway.openApproval({ approvalId: 'theirs', name: 'open', runId: 'run_of_somebody_else' })
    const handler = createChatHandler({ gateway, agent: 'fake' })
    const message = answering(runId, [
      ['call_mine', 'mine'],
      ['call_theirs', 'theirs'],
    ])
    const answer = await handler(post({ id: 'one', messages: [said, message] }))
    expect([answer.status, await answer.text()]).toEqual([403, 'The approval is none of this chat.'])
    expect((await gateway.approvals.list({ status: 'pending' })).length).toBe(2)
    await run.cancel()
  })

  it('are no way to make the gateway busy', async () => {
    const gateway = openGate([])
    const run = await gateway.agents.run({ agentId: 'fake', input: 'x', sessionKey: 'chat:one' })
    const many = Array.from({ length: 5_000 }, (_, index) => [`call_${index}`, `approval_${index}`] as const)
    const handler = createChatHandler({ gateway, agent: 'fake' })
    const answer = await handler(post({ id: 'one', messages: [said, answering(run.runId, many)] }))
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('found 5000')])
    await run.cancel()
  })
})

describe('a session', () => {
  it.each([
    ['chat:ADA', 'chat:ada'],
    ['chat:ada', 'agent:main:user:bob:chat:ada'],
  ])('%s is not %s', async (asked, found) => {
    const gateway = openGate(['mine'])
    const run = await gateway.agents.run({ agentId: 'fake', input: 'x', sessionKey: found })
    gateway.openApproval({ approvalId: 'mine', name: 'open', runId: run.runId })
    const handler = createChatHandler({ gateway, agent: 'fake', sessionKey: () => asked })
    const message = answering(run.runId, [['call_mine', 'mine']])
    expect((await handler(post({ id: 'one', messages: [said, message] }))).status).toBe(404)
    await run.cancel()
  })

  it('is not stopped by a run that only the gateway tells apart', async () => {
    const gateway = openGate(['mine'])
    const run = await gateway.agents.run({ agentId: 'fake', input: 'secret', sessionKey: 'chat:victim' })
    // A gateway may give away any run that is named, under whatever session it is asked for.
    const agents = {
      ...gateway.agents,
      get: async (_runId: string, known: { readonly sessionKey?: string } = {}) => ({
        runId: run.runId,
        ...known,
        events: (options?: Parameters<GatewayRun['events']>[0]) => run.events(options),
        wait: (options?: Parameters<GatewayRun['wait']>[0]) => run.wait(options),
        cancel: (reason?: string) => run.cancel(reason),
      }),
    }
    const handler = createChatHandler({ gateway: { ...gateway, agents }, agent: 'fake' })
    const asked = { ...answering(run.runId, []), parts: [] }
    const call = { type: 'dynamic-tool', toolName: 'open', toolCallId: 'c', input: {} }
    const open = { ...call, state: 'approval-requested', approval: { id: 'mine' } }
    const answer = await handler(post({ id: 'thief', messages: [{ ...asked, parts: [open] }, said] }))
    await answer.body?.cancel()
    expect((await run.wait({ timeoutMs: 20 })).status).toBe('accepted')
    await run.cancel()
  })
})

describe('origins', () => {
  const ask = async (host: string, origin: string, allowed: string): Promise<number> => {
    const handler = createChatHandler({ gateway: openShop(), agent: 'main', allowedOrigins: [allowed] })
    const answer = await handler(post({ id: 'one', messages: [said] }, { host, origin }))
    await answer.body?.cancel()
    return answer.status
  }

  it('are what browsers say, however they were written', async () => {
    expect(await ask('chat.example.com', 'https://chat.example.com', 'https://Chat.Example.com:443/')).toBe(
      200,
    )
    expect(await ask('localhost:3000', 'https://xn--bcher-kva.example', 'https://bücher.example')).toBe(200)
  })

  it('without TLS are not those with it', async () => {
    expect(await ask('chat.example.com', 'http://chat.example.com', 'https://chat.example.com')).toBe(403)
    expect(await ask('localhost:3000', 'http://localhost:3000', 'https://chat.example.com')).toBe(200)
  })
})
