import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { OpenClawGatewayOptions } from '../src/gateway/gateway-options.ts'
import { openclaw, type OpenClawGateway } from '../src/gateway/openclaw-gateway.ts'
import { OpenClaw } from '../src/openclaw.ts'
import { scriptedAgents } from './gateway-script.ts'
import { type ScriptedGateway, ScriptedRefusal, startScriptedGateway } from './scripted-gateway.ts'

type Fields = Readonly<Record<string, unknown>>

let server: ScriptedGateway
let gateway: OpenClawGateway

beforeEach(async () => {
  server = await startScriptedGateway({ answers: { 'agents.list': scriptedAgents } })
  gateway = openclaw({ url: server.url, token: 'secret' })
})
afterEach(async () => {
  await gateway.close()
  await server.close()
})

function sent(method: string): readonly Fields[] {
  return server.requests.filter((request) => request.method === method).map(({ params }) => params)
}

describe('sessions', () => {
  const row = { key: 'agent:main:a', agentId: 'main', displayName: 'shown', createdAt: 10, updatedAt: 20 }

  it('lists them page by page with their lengths', async () => {
    server.answer('sessions.list', ({ params }) =>
      params['offset'] === 2
        ? {
            sessions: [{ key: 'agent:main:c', label: 'named', displayName: 'shown', updatedAt: 30 }],
            hasMore: false,
          }
        : { sessions: [row, { broken: true }], hasMore: true, nextOffset: 2 },
    )
    server.answer('chat.history', ({ params }) => ({
      totalMessages: params['sessionKey'] === 'agent:main:a' ? 4 : 1,
    }))
    const first = await gateway.sessions.list({ agentId: 'main', limit: 2 })
    expect(first).toEqual({
      items: [
        {
          sessionKey: 'agent:main:a',
          agentId: 'main',
          label: 'shown',
          createdAt: 10,
          updatedAt: 20,
          messageCount: 4,
        },
      ],
      nextCursor: '2',
    })
    expect(await gateway.sessions.list({ cursor: '2' })).toEqual({
      items: [{ sessionKey: 'agent:main:c', label: 'named', createdAt: 30, updatedAt: 30, messageCount: 1 }],
    })
    expect(sent('sessions.list')).toEqual([
      { limit: 2, agentId: 'main' },
      { limit: 50, offset: 2 },
    ])
    await gateway.sessions.list({ limit: 100_000 })
    expect(sent('sessions.list')[2]).toEqual({ limit: 200 })
  })

  it('finds one by its short key, and nothing of what does not exist', async () => {
    server.answer('sessions.describe', ({ params }) => ({
      session: params['key'] === 'agent:main:a' ? row : null,
    }))
    server.answer('chat.history', () => ({ totalMessages: 4 }))
    expect(await gateway.sessions.get('A')).toMatchObject({ sessionKey: 'agent:main:a', messageCount: 4 })
    expect(await gateway.sessions.get('agent:main:none')).toBeUndefined()
    server.answer('chat.history', () => {
      throw new ScriptedRefusal({ code: 'INVALID_REQUEST', message: 'session not found: x' })
    })
    expect(await gateway.sessions.history('none')).toEqual([])
  })

  it('reads a whole transcript, one message per message', async () => {
    const older = [
      { role: 'user', content: 'Look', timestamp: 1, __openclaw: { id: 'u' } },
      {
        role: 'assistant',
        content: [{ type: 'text', text: 'let me see' }],
        timestamp: 2,
        __openclaw: { id: 'm', runId: 'r' },
      },
      {
        role: 'assistant',
        content: [{ type: 'toolCall', id: 'c', name: 'ls', arguments: { path: '.' } }],
        timestamp: 2,
        __openclaw: { id: 'm', runId: 'r' },
      },
    ]
    const newer = [
      {
        role: 'toolResult',
        toolCallId: 'c',
        content: [{ type: 'text', text: '["a"]' }],
        __openclaw: { id: 't' },
      },
      { role: 'custom', content: 'not a message' },
      { role: 'assistant', content: [{ type: 'text', text: 'One file.' }], __openclaw: { id: 'n' } },
    ]
    server.answer('chat.history', ({ params }) =>
      params['offset'] === 3
        ? { messages: older, hasMore: false }
        : { messages: newer, hasMore: true, nextOffset: 3 },
    )
    expect(await gateway.sessions.history('agent:main:a')).toEqual([
      { role: 'user', text: 'Look', ts: 1 },
      {
        role: 'assistant',
        text: 'let me see',
        toolCalls: [{ toolCallId: 'c', name: 'ls', input: { path: '.' } }],
        ts: 2,
        runId: 'r',
      },
      { role: 'tool', toolCallId: 'c', output: ['a'] },
      { role: 'assistant', text: 'One file.' },
    ])
  })
})

describe('models and artifacts', () => {
  it('lists models by the names that runs take', async () => {
    server.answer('models.list', () => ({
      models: [
        { id: 'plain', provider: 'scripted' },
        { id: 'router/a/b', provider: 'router' },
        { id: 'alone' },
        { name: 'nameless' },
      ],
    }))
    expect(await gateway.models.list()).toEqual([
      { id: 'scripted/plain', provider: 'scripted' },
      { id: 'router/a/b', provider: 'router' },
      { id: 'alone' },
    ])
  })

  it('gives artifacts where they were found', async () => {
    const artifact = {
      id: 'art-1',
      type: 'image',
      title: 'dot.png',
      mimeType: 'image/png',
      sizeBytes: 2,
      runId: 'r',
    }
    server.answer('artifacts.list', () => ({ artifacts: [artifact, { title: 'nameless' }] }))
    server.answer('artifacts.get', () => ({ artifact }))
    server.answer('artifacts.download', () => ({ artifact, encoding: 'base64', data: 'aGk=' }))
    const found = { artifactId: 'art-1', name: 'dot.png', mediaType: 'image/png', bytes: 2, runId: 'r' }
    expect(await gateway.artifacts.get('art-1')).toBeUndefined()
    await expect(gateway.artifacts.download('art-1')).rejects.toMatchObject({ status: 404 })
    expect(await gateway.artifacts.list({ sessionKey: 'agent:main:a', runId: 'r' })).toEqual([found])
    expect(await gateway.artifacts.get('art-1')).toEqual(found)
    expect(await gateway.artifacts.download('art-1')).toEqual(new Uint8Array([104, 105]))
    expect(sent('artifacts.download')).toEqual([{ artifactId: 'art-1', sessionKey: 'agent:main:a' }])
    await expect(gateway.artifacts.list({})).rejects.toMatchObject({ status: 400 })
    server.answer('artifacts.get', () => {
      throw new ScriptedRefusal({
        code: 'INVALID_REQUEST',
        message: 'artifact not found',
        details: { type: 'artifact_not_found' },
      })
    })
    expect(await gateway.artifacts.get('art-1')).toBeUndefined()
  })
})

describe('openclaw()', () => {
  it('is a gateway without the parts that OpenClaw has not', () => {
    expect(gateway).toMatchObject({ name: 'openclaw', client: expect.any(OpenClaw) })
    expect(gateway.events).not.toHaveProperty('stream')
    expect(gateway).not.toHaveProperty('runs')
  })

  it('closes twice, refuses work after that, and leaves a client that it was given open', async () => {
    const client = new OpenClaw({ url: server.url, token: 'secret' })
    const shared = openclaw({ client })
    expect(await shared.agents.list()).toHaveLength(2)
    await shared.close()
    await shared.close()
    for (const call of [
      () => shared.agents.list(),
      () => shared.agents.run({ agentId: 'main', input: 'x' }),
      () => shared.tools.list(),
      () => shared.tools.invoke('x', {}),
      () => shared.models.list(),
      () => shared.sessions.list(),
      () => shared.artifacts.list({ runId: 'r' }),
      () => shared.guard.decide({ kind: 'tool_call', name: 'x' }),
      () => shared.approvals.list(),
      () => shared.approvals.wait('x'),
      () => shared.events.append([]),
    ]) {
      await expect(call()).rejects.toMatchObject({
        code: 'closed',
        message: expect.stringContaining('openclaw()'),
      })
    }
    expect((await client.agents.list()).agents).toHaveLength(2)
    await client.close()
    await gateway.close()
    await expect(gateway.client.agents.list()).rejects.toThrow('closed')
  })

  it('names the option that is wrong', () => {
    const wrong: readonly (readonly [Fields, string])[] = [
      [{ url: 'ws://127.0.0.1:1', gard: () => 'allow' }, 'gard: not an option of openclaw()'],
      [{ client: 1 }, 'client: expected an OpenClaw client, found the number 1'],
      [{ client: new OpenClaw({ url: 'ws://127.0.0.1:1' }), url: 'ws://127.0.0.1:1' }, 'url: not an option'],
      [{ url: 'ws://127.0.0.1:1', guard: 'allow' }, 'guard: expected a function'],
      [
        { url: 'ws://127.0.0.1:1', approvalTimeoutMs: 700_000 },
        'approvalTimeoutMs: expected whole milliseconds from 1 to 600000',
      ],
      [{ url: 'ws://127.0.0.1:1', toolTimeoutMs: 0 }, 'toolTimeoutMs: expected whole milliseconds'],
      [{ url: 'ws://127.0.0.1:1', agentId: '' }, 'agentId: expected the id of an agent'],
      [{ url: 'ws://127.0.0.1:1', mcp: 'yes' }, 'mcp: expected true or false'],
      [{ url: 'ws://127.0.0.1:1', http: { uri: 'x' } }, 'uri: not an option of http'],
      [{ url: 'ws://127.0.0.1:1', http: { url: 'ftp://x' } }, 'http.url: expected an address'],
      [{ url: 'nowhere' }, 'url: expected an address'],
    ]
    for (const [options, message] of wrong) {
      // What a program without types could pass.
      const make = (): unknown => openclaw(options as OpenClawGatewayOptions)
      expect(make, message).toThrow(message)
      expect(make).toThrow(expect.objectContaining({ code: 'invalid_option' }))
    }
  })
})
