import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@pincer/core'
import type { GuardRequest } from '@pincer/protocol'
import { eventually } from '@pincer/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { discoverGateway } from '../src/discover.ts'
import { openclaw, type OpenClawGateway } from '../src/gateway/openclaw-gateway.ts'
import { openAiEndpoint } from '../src/http/open-ai-endpoint.ts'
import { scriptApprovals, type ScriptedApprovals, scriptedAgents } from './gateway-script.ts'
import { type ScriptedGateway, silence, startScriptedGateway } from './scripted-gateway.ts'

type Fields = Readonly<Record<string, unknown>>

let server: ScriptedGateway
let approvals: ScriptedApprovals
let gateway: OpenClawGateway
const closes: (() => unknown)[] = []

beforeEach(async () => {
  approvals = scriptApprovals()
  server = await startScriptedGateway({ answers: { ...approvals.answers, 'agents.list': scriptedAgents } })
  gateway = openclaw({ url: server.url, token: 'secret' })
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await gateway.close()
  for (const close of closes.splice(0)) await close()
  await server.close()
})

const call: GuardRequest = {
  kind: 'tool_call',
  name: 'delete_file',
  runId: 'run-1',
  toolCallId: 'call-1',
  input: { path: '/tmp/a' },
  risk: 'high',
}

async function ask(more: Partial<GuardRequest> = {}): Promise<string> {
  return (await gateway.guard.decide({ ...call, ...more })).approvalId ?? ''
}

function asked(): number {
  return server.requests.filter(({ method }) => method === 'plugin.approval.request').length
}

describe('approvals that are told wrongly', () => {
  it.each<[string, unknown]>([
    ['numbers', 5],
    ['null', null],
    ['lists', [[[]]]],
    ['texts', 'approved'],
    ['rows of nothing', { items: [null, 5, [], {}], approval: null }],
    ['objects without a text', { items: [row({ toString: 1 })], approval: row({ valueOf: 1, toString: 2 }) }],
    ['keys of the prototype', JSON.parse('{"approval":{"__proto__":{"id":"x","status":"allowed"}}}')],
  ])('read as what they are, or as none: %s', async (_name, answer) => {
    for (const method of ['plugin.approval.list', 'exec.approval.list', 'approval.history', 'approval.get']) {
      server.answer(method, () => (method.endsWith('list') && answer !== null ? [answer] : answer))
    }
    for (const approval of await gateway.approvals.list()) {
      expect(typeof approval.name).toBe('string')
      expect(Number.isFinite(approval.requestedAt)).toBe(true)
    }
    expect(await gateway.approvals.get('x')).toBeUndefined()
    await expect(gateway.approvals.wait('x')).rejects.toMatchObject({ status: 404 })
  })

  function row(name: unknown): unknown {
    return { id: 'y', status: 'allowed', createdAtMs: name, presentation: { toolName: name, title: name } }
  }

  it('are not taken for the one that was asked about', async () => {
    const mine = await ask()
    const other = await ask({ toolCallId: 'call-2' })
    approvals.decide(other, 'allow-once')
    const get = approvals.answers['approval.get']
    server.answer('approval.get', (request) => get?.({ ...request, params: { id: other } }))
    await expect(gateway.approvals.wait(mine, { claimedBy: 'action-1' })).rejects.toMatchObject({
      status: 404,
    })
  })
})

describe('the guard', () => {
  it('lets go of a caller while the policy of the app thinks, and once it is closed', async () => {
    await gateway.close()
    const never = new Promise<'allow'>(() => undefined)
    gateway = openclaw({ url: server.url, token: 'secret', guard: () => never })
    const abort = new AbortController()
    const reason = new Error('given up')
    const deciding = gateway.guard.decide(call, { signal: abort.signal })
    abort.abort(reason)
    await expect(deciding).rejects.toBe(reason)
    const left = expect(gateway.guard.decide(call)).rejects.toMatchObject({ code: 'closed' })
    await gateway.close()
    await left
  })

  it('asks once for one call that is asked about by many at once, and lets one of them use the answer', async () => {
    const ids = new Set(await Promise.all(Array.from({ length: 50 }, () => ask())))
    expect(ids.size).toBe(1)
    expect(asked()).toBe(1)
    const [id = ''] = ids
    approvals.decide(id, 'allow-once')
    const used = await Promise.allSettled(
      Array.from({ length: 50 }, (_, n) => gateway.approvals.wait(id, { claimedBy: `action-${n}` })),
    )
    expect(used.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('never allows where the Gateway dies between the question and the answer', async () => {
    const claw = createClient({
      gateway: openclaw({ url: server.url, token: 'secret' }),
      guard: { mode: 'enforce', approvalTimeoutMs: 700 },
    })
    closes.push(() => claw.close())
    const work = claw.guard({
      kind: 'tool_call',
      name: 'delete_file',
      input: { path: '/' },
      risk: 'critical',
    })
    const refused = expect(work).rejects.toThrow()
    await eventually(() => asked() === 1 || undefined)
    await server.stop()
    await refused
    await server.start()
  }, 15_000)

  it('never allows where the Gateway answers garbage', async () => {
    for (const answer of [null, 5, [], {}, { id: 5 }, { id: 'x', decision: 'allow-once' }]) {
      server.answer('plugin.approval.request', () => answer)
      server.answer('approval.get', () => answer)
      server.answer('plugin.approval.waitDecision', () => ({ decision: 'allow-once' }))
      const claw = createClient({
        gateway: openclaw({ url: server.url, token: 'secret' }),
        guard: { mode: 'enforce', approvalTimeoutMs: 300 },
      })
      await expect(
        claw.guard({ kind: 'tool_call', name: 'delete_file', input: {}, risk: 'critical' }),
      ).rejects.toThrow()
      await claw.close()
    }
  })
})

describe('an approval for arguments', () => {
  const text = { ok: true, output: { content: [{ type: 'text', text: 'done' }] } }
  const wants = { ok: false, requiresApproval: true, error: { code: 'requires_approval', message: 'asks' } }

  it('holds for what is sent, not for what is left of it as fields', async () => {
    server.answer('tools.invoke', ({ params }) => (params['confirm'] === true ? text : wants))
    const at = (day: number): object => ({
      input: { when: new Date(Date.UTC(2026, 0, day)) },
      toolCallId: 'c',
    })
    const first = await gateway.tools.invoke('pay', at(1) as Fields)
    const approvalId = 'approvalId' in first ? first.approvalId : ''
    approvals.decide(approvalId, 'allow-once')
    expect(await gateway.tools.invoke('pay', { ...at(2), approvalId })).toMatchObject({ status: 'blocked' })
    expect(await gateway.tools.invoke('pay', { ...at(1), approvalId })).toMatchObject({ status: 'ok' })
  })

  it('does not hold for what becomes of them after they were compared', async () => {
    const sent: unknown[] = []
    server.answer('tools.invoke', ({ params }) => {
      if (params['confirm'] === true) sent.push(params['args'])
      return params['confirm'] === true ? text : wants
    })
    const input = { file: { path: '/tmp/a' } }
    const first = await gateway.tools.invoke('remove', { input, toolCallId: 'c' })
    const approvalId = 'approvalId' in first ? first.approvalId : ''
    approvals.decide(approvalId, 'allow-once')
    const calling = gateway.tools.invoke('remove', { input, toolCallId: 'c', approvalId })
    input.file.path = '/'
    expect(await calling).toMatchObject({ status: 'ok' })
    expect(sent).toEqual([{ file: { path: '/tmp/a' } }])
  })
})

describe('lists without end', () => {
  it('cost no more questions than were asked for, and no stack', async () => {
    const sessions = Array.from({ length: 100_000 }, (_, n) => ({ key: `agent:main:${n}` }))
    server.answer('sessions.list', () => ({ sessions }))
    server.answer('chat.history', () => ({ totalMessages: 1 }))
    const { items } = await gateway.sessions.list({ limit: 5 })
    expect(items.length).toBeLessThanOrEqual(200)
    const messages = Array.from({ length: 200_000 }, () => ({ role: 'user', content: 'x' }))
    server.answer('chat.history', () => ({ messages, hasMore: true, nextOffset: 30_000 }))
    expect((await gateway.sessions.history('agent:main:1')).length).toBeLessThanOrEqual(40_000)
  })
})

describe('an MCP server', () => {
  const tools = [
    {
      name: 'broken',
      inputSchema: { type: 'object' },
      outputSchema: { type: 'object', properties: { a: { type: 5, $ref: 'nowhere' } } },
    },
    { name: 'fine', inputSchema: { type: 'object' } },
  ]

  it('with a schema that cannot be compiled keeps all its tools', async () => {
    await startMcp(() => ({ tools }))
    expect((await gateway.tools.list()).map(({ name }) => name)).toEqual(['broken', 'fine'])
    expect(await gateway.tools.invoke('broken', { toolCallId: 'c' })).toMatchObject({
      status: 'ok',
      output: 'slow',
    })
  })

  it('with a hundred and fifty thousand tools is read without a full stack', async () => {
    const many = Array.from({ length: 150_000 }, (_, n) => ({
      name: `t${n}`,
      inputSchema: { type: 'object' },
    }))
    await startMcp(() => ({ tools: many }))
    expect(await gateway.tools.list()).toHaveLength(150_000)
  })

  it('keeps a call that is under way, while others ask for new access or come from other sessions', async () => {
    const mcp = await startMcp(() => ({
      tools: ['fine', 'quick'].map((name) => ({ name, inputSchema: { type: 'object' } })),
    }))
    await gateway.tools.list()
    mcp.expireInMs = 1000
    const slow = gateway.tools.invoke('fine', { toolCallId: 'slow', sessionKey: 'agent:main:slow' })
    await eventually(() => mcp.waiting.length === 1 || undefined)
    const others = Array.from({ length: 20 }, (_, n) =>
      gateway.tools.invoke('quick', { toolCallId: `c${n}`, sessionKey: `agent:main:${n}` }),
    )
    others.push(gateway.tools.invoke('quick', { toolCallId: 'c', sessionKey: 'agent:main:slow' }))
    for (const other of await Promise.all(others)) expect(other).toMatchObject({ status: 'ok' })
    for (const answer of mcp.waiting) answer()
    expect(await slow).toMatchObject({ status: 'ok', output: 'slow' })
    await eventually(() => mcp.open() <= 17 || undefined)
  })

  it('that is silent does not hold up closing', async () => {
    const mcp = await startMcp(() => ({ tools }))
    mcp.isSilent = true
    const listing = gateway.tools.list().catch((error: unknown) => error)
    await eventually(() => mcp.asked() > 0 || undefined)
    const started = performance.now()
    await gateway.close()
    expect(performance.now() - started).toBeLessThan(4000)
    expect(await listing).toMatchObject({ code: 'closed' })
  })

  async function startMcp(list: () => unknown): Promise<{
    expireInMs: number
    isSilent: boolean
    readonly waiting: (() => void)[]
    asked: () => number
    open: () => number
  }> {
    const waiting: (() => void)[] = []
    const granted = new Set<string>()
    let count = 0
    let grants = 0
    const http = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        count += 1
        if (state.isSilent) return
        if (request.method !== 'POST') return void response.writeHead(405).end()
        const { id, method, params } = JSON.parse(body) as { id?: number; method: string; params: Fields }
        if (id === undefined) return void response.writeHead(202).end()
        const answer = (result: unknown): void => {
          response.writeHead(200, { 'content-type': 'application/json' })
          response.end(JSON.stringify({ jsonrpc: '2.0', id, result }))
        }
        if (method === 'initialize') {
          const serverInfo = { name: 'openclaw', version: '0' }
          return answer({ protocolVersion: '2025-03-26', capabilities: { tools: {} }, serverInfo })
        }
        if (method === 'tools/list') return answer(list())
        const done = (): void => answer({ content: [{ type: 'text', text: 'slow' }] })
        if (params['name'] === 'fine') waiting.push(done)
        else done()
      })
    })
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    closes.push(() => {
      http.closeAllConnections()
      http.close()
    })
    const state = {
      expireInMs: 3_600_000,
      isSilent: false,
      waiting,
      asked: () => count,
      open: () => granted.size,
    }
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`
    server.answer('tools.catalog', () => ({ groups: [] }))
    server.answer('tools.invoke', () => ({ ok: false, error: { code: 'not_found', message: 'no' } }))
    server.answer('attach.grant', () => {
      const token = `grant-${++grants}`
      granted.add(token)
      return {
        token,
        expiresAtMs: Date.now() + state.expireInMs,
        mcpConfig: { mcpServers: { openclaw: { type: 'http', url } } },
      }
    })
    server.answer('attach.revoke', ({ params }) => ({ revoked: granted.delete(String(params['token'])) }))
    return state
  }
})

describe('credentials', () => {
  it('that were given need no others to be readable, and are not mixed with them', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hostile-'))
    closes.push(() => rmSync(folder, { recursive: true }))
    const config = join(folder, 'openclaw.json')
    vi.stubEnv('OPENCLAW_GATEWAY_URL', '')
    vi.stubEnv('OPENCLAW_GATEWAY_TOKEN', '')
    vi.stubEnv('OPENCLAW_GATEWAY_PASSWORD', '')
    vi.stubEnv('OPENCLAW_CONFIG_PATH', config)
    writeFileSync(config, JSON.stringify({ gateway: { auth: { token: { source: 'exec', id: 'vault' } } } }))
    const own = openclaw({ token: 'given' })
    await own.close()
    expect(openAiEndpoint({ token: 'given' }).apiKey).toBe('given')
  })
})

describe('a configuration', () => {
  it('whose certificate is a pipe does not hold the program up', () => {
    const folder = mkdtempSync(join(tmpdir(), 'hostile-'))
    closes.push(() => rmSync(folder, { recursive: true }))
    const certPath = join(folder, 'cert.pem')
    execFileSync('mkfifo', [certPath])
    const config = join(folder, 'openclaw.json')
    writeFileSync(config, JSON.stringify({ gateway: { tls: { enabled: true, certPath } } }))
    const found = discoverGateway({ OPENCLAW_CONFIG_PATH: config })
    expect(found).toMatchObject({ url: 'wss://127.0.0.1:18789' })
    expect(found.tlsFingerprint).toBeUndefined()
  })
})

describe('requests that are never answered', () => {
  it('end when the gateway is closed, a hundred at once', async () => {
    server.answer('models.list', () => silence)
    const asking = Promise.allSettled(Array.from({ length: 100 }, () => gateway.models.list()))
    await eventually(() => server.requests.length === 100 || undefined)
    await gateway.close()
    for (const result of await asking) expect(result).toMatchObject({ reason: { code: 'closed' } })
  })
})
