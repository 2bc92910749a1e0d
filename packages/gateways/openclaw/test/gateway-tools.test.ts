import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { eventually } from '@pincer/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openclaw, type OpenClawGateway } from '../src/gateway/openclaw-gateway.ts'
import { scriptApprovals, type ScriptedApprovals, scriptedAgents } from './gateway-script.ts'
import { type ScriptedGateway, ScriptedRefusal, startScriptedGateway } from './scripted-gateway.ts'

type Fields = Readonly<Record<string, unknown>>

let server: ScriptedGateway
let approvals: ScriptedApprovals
let mcp: Awaited<ReturnType<typeof startMcp>>
let gateway: OpenClawGateway
/** What `tools.invoke` answers, by the name of the tool. */
let outcomes: Map<string, (params: Fields) => unknown>

beforeEach(async () => {
  approvals = scriptApprovals()
  mcp = await startMcp()
  outcomes = new Map()
  server = await startScriptedGateway({
    answers: {
      ...approvals.answers,
      'agents.list': scriptedAgents,
      'tools.catalog': () => ({
        groups: [
          {
            id: 'core',
            tools: [
              { id: 'echo', description: 'short', source: 'core', risk: 'high' },
              { id: 'hidden', source: 'plugin', pluginId: 'vault' },
            ],
          },
        ],
      }),
      'attach.grant': () => mcp.grant(),
      'attach.revoke': ({ params }) => ({ revoked: mcp.revoke(String(params['token'])) }),
      'tools.invoke': ({ params }) =>
        outcomes.get(String(params['name']))?.(params) ?? {
          ok: false,
          error: { code: 'not_found', message: `Tool not available: ${String(params['name'])}` },
        },
    },
  })
  gateway = openclaw({ url: server.url, token: 'secret' })
})
afterEach(async () => {
  await gateway.close()
  await server.close()
  await mcp.close()
})

function sent(method: string): readonly Fields[] {
  return server.requests.filter((request) => request.method === method).map(({ params }) => params)
}

function text(...texts: string[]): Fields {
  return { ok: true, output: { content: texts.map((part) => ({ type: 'text', text: part })), details: {} } }
}

describe('the list of tools', () => {
  it('has the schemas of the MCP server, and what the catalog knows besides', async () => {
    expect(await gateway.tools.list()).toEqual([
      { name: 'echo', description: 'Echoes', inputSchema: { type: 'object' }, source: 'core', risk: 'high' },
      {
        name: 'mcp_only',
        inputSchema: { type: 'object', properties: { word: { type: 'string' } } },
        risk: 'high',
      },
    ])
    expect(sent('attach.grant')).toEqual([{}])
    expect(mcp.tokens).toEqual(['Bearer grant-1'])
  })

  it('is kept until the Gateway says that it changed', async () => {
    await gateway.tools.list()
    await gateway.tools.list()
    expect(mcp.lists()).toBe(1)
    server.emit('tick', {})
    server.emit('plugins.changed', {})
    await eventually(async () => {
      await gateway.tools.list()
      return mcp.lists() === 2 || undefined
    })
  })

  it('gives its access back when it is closed', async () => {
    await gateway.tools.list()
    await gateway.close()
    expect(sent('attach.revoke')).toEqual([{ token: 'grant-1' }])
    await expect(gateway.tools.list()).rejects.toMatchObject({ code: 'closed' })
  })

  it('asks for access again where it has ended, and before it ends', async () => {
    await gateway.tools.list()
    mcp.revoke('grant-1')
    server.emit('config.changed', {})
    await eventually(async () => {
      await gateway.tools.list()
      return mcp.lists() === 2 || undefined
    })
    expect(sent('attach.grant')).toHaveLength(2)
    mcp.expireInMs = 30_000
    mcp.revoke('grant-2')
    await gateway.tools.invoke('mcp_only', {})
    await gateway.tools.invoke('mcp_only', {})
    // Access that ends within a minute is given back, and replaced.
    expect(sent('attach.grant').length).toBeGreaterThanOrEqual(4)
    expect(sent('attach.revoke').map(({ token }) => token)).toContain('grant-3')
  })

  it('comes without schemas where operator.admin is missing, or the Gateway is elsewhere', async () => {
    const plain = [
      { name: 'echo', description: 'short', risk: 'high', source: 'core' },
      { name: 'hidden', source: 'vault' },
    ]
    server.answer('attach.grant', () => {
      throw new ScriptedRefusal({
        code: 'FORBIDDEN',
        message: 'missing scope: operator.admin',
        details: { code: 'MISSING_SCOPE', missingScope: 'operator.admin' },
      })
    })
    expect(await gateway.tools.list()).toEqual(plain)
    const before = sent('attach.grant').length
    const elsewhere = openclaw({ url: server.url, token: 'secret', mcp: false })
    expect(await elsewhere.tools.list()).toEqual(plain)
    await elsewhere.close()
    expect(sent('attach.grant')).toHaveLength(before)
  })

  it('sends the token of its access to loopback only', async () => {
    server.answer('attach.grant', () => ({
      ...mcp.grant(),
      mcpConfig: { mcpServers: { a: { type: 'http', url: 'http://192.0.2.1/mcp' } } },
    }))
    expect((await gateway.tools.list()).map(({ name }) => name)).toEqual(['echo', 'hidden'])
  })
})

describe('calling a tool', () => {
  it('gives its output: text, JSON that is written as text, or its content', async () => {
    outcomes.set('plain', () => text('one', 'two'))
    outcomes.set('json', () => text('{"a":[1]}'))
    outcomes.set('broken', () => text('{"a":'))
    const image = { type: 'image', data: 'aGk=', mimeType: 'image/png' }
    outcomes.set('image', () => ({ ok: true, output: { content: [image] } }))
    outcomes.set('nothing', () => ({ ok: true, output: { content: [] } }))
    const output = async (name: string): Promise<unknown> =>
      await gateway.tools
        .invoke(name, { toolCallId: 'c' })
        .then((result) => ('output' in result ? result.output : result))
    expect(await output('plain')).toBe('one\ntwo')
    expect(await output('json')).toEqual({ a: [1] })
    expect(await output('broken')).toBe('{"a":')
    expect(await output('image')).toEqual([image])
    expect(await output('nothing')).toBeNull()
  })

  it('names session and agent as the Gateway takes them', async () => {
    outcomes.set('plain', () => text('ok'))
    await gateway.tools.invoke('plain', { input: { a: 1 }, sessionKey: 'notes', agentId: 'helper' })
    await gateway.tools.invoke('plain', { agentId: 'helper' })
    expect(sent('tools.invoke')).toEqual([
      { name: 'plain', args: { a: 1 }, sessionKey: 'agent:helper:notes', confirm: false },
      { name: 'plain', args: {}, agentId: 'helper', confirm: false },
    ])
  })

  it('answers errors, blocks and wrong arguments as results', async () => {
    outcomes.set('fails', () => ({ ok: false, error: { code: 'internal_error', message: 'path required' } }))
    outcomes.set('stopped', () => ({ ok: false, error: { code: 'forbidden', message: 'not on Sundays' } }))
    expect(await gateway.tools.invoke('fails', { toolCallId: 'c' })).toEqual({
      status: 'error',
      toolCallId: 'c',
      error: { code: 'internal_error', message: 'path required' },
    })
    expect(await gateway.tools.invoke('stopped', { toolCallId: 'c' })).toEqual({
      status: 'blocked',
      toolCallId: 'c',
      reason: 'not on Sundays',
    })
    expect(await gateway.tools.invoke('fails', { toolCallId: 'c', input: ['a'] })).toMatchObject({
      status: 'error',
      error: { code: 'invalid_input' },
    })
    expect(sent('tools.invoke')).toHaveLength(2)
  })

  it('calls what only the MCP server has over MCP, in the session of the call', async () => {
    expect(
      await gateway.tools.invoke('mcp_only', {
        input: { word: 'crab' },
        toolCallId: 'c',
        sessionKey: 'notes',
      }),
    ).toEqual({ status: 'ok', toolCallId: 'c', output: { called: 'mcp_only', with: { word: 'crab' } } })
    expect(sent('attach.grant')).toEqual([{}, { sessionKey: 'agent:main:notes' }])
    expect(await gateway.tools.invoke('mcp_only', { input: { word: 'fail' }, toolCallId: 'c' })).toEqual({
      status: 'error',
      toolCallId: 'c',
      error: { message: 'no such word' },
    })
    await expect(gateway.tools.invoke('nowhere', {})).rejects.toMatchObject({
      status: 404,
      gatewayCode: 'tool_not_found',
      retryable: false,
    })
  })
})

describe('a tool that needs an approval', () => {
  const call = { input: { path: '/tmp/a' }, toolCallId: 'call-1', runId: 'run-1' }

  beforeEach(() => {
    outcomes.set('gated', (params) => (params['confirm'] === true ? confirm(params) : wants('the gate asks')))
  })

  function wants(message: string): Fields {
    return { ok: false, requiresApproval: true, error: { code: 'requires_approval', message } }
  }

  /** As the Gateway does: it asks once more, under the id of the call, and waits. */
  async function confirm(params: Fields): Promise<unknown> {
    const question = { toolName: 'gated', toolCallId: `rpc-delegated-${String(params['idempotencyKey'])}` }
    const own = await ask(question)
    await eventually(() => !isOpen(own) || undefined)
    return text('done')
  }

  async function ask(request: Fields): Promise<string> {
    const opened = (await approvals.answers['plugin.approval.request']?.({
      id: '',
      method: '',
      params: {
        title: 't',
        description: 'd',
        allowedDecisions: ['allow-once', 'deny'],
        timeoutMs: 1000,
        ...request,
      },
      answer: () => undefined,
      refuse: () => undefined,
      emit: () => undefined,
      drop: () => undefined,
    })) as { id: string }
    return opened.id
  }

  function isOpen(id: string): boolean {
    const list = approvals.answers['plugin.approval.list'] as () => readonly { id: string }[]
    return list().some((row) => row.id === id)
  }

  async function approvalFor(invocation = call): Promise<string> {
    const asked = await gateway.tools.invoke('gated', invocation)
    expect(asked).toMatchObject({
      status: 'approval_required',
      toolCallId: 'call-1',
      reason: 'the gate asks',
    })
    return 'approvalId' in asked ? asked.approvalId : ''
  }

  it('asks a person, and calls it once with the answer', async () => {
    const approvalId = await approvalFor()
    expect(await approvalFor()).toBe(approvalId)
    expect(await gateway.tools.invoke('gated', { ...call, approvalId })).toMatchObject({
      status: 'approval_required',
      approvalId,
    })
    approvals.decide(approvalId, 'allow-once')
    // Somebody else's question about the same tool stays open.
    const other = await ask({ toolName: 'gated', toolCallId: 'rpc-delegated-1795174661213' })
    expect(await gateway.tools.invoke('gated', { ...call, approvalId })).toEqual({
      status: 'ok',
      toolCallId: 'call-1',
      output: 'done',
    })
    expect(isOpen(other)).toBe(true)
    const used = await gateway.tools.invoke('gated', { ...call, approvalId })
    expect(used).toMatchObject({ status: 'blocked', reason: expect.stringContaining('was used') })
    expect(sent('tools.invoke').filter(({ confirm: confirmed }) => confirmed === true)).toHaveLength(1)
  })

  it('holds for exactly this call', async () => {
    const approvalId = await approvalFor()
    approvals.decide(approvalId, 'allow-once')
    for (const other of [
      { ...call, input: { path: '/tmp/b' } },
      { ...call, toolCallId: 'call-2' },
      { ...call, runId: 'run-2' },
    ]) {
      expect(await gateway.tools.invoke('gated', { ...other, approvalId })).toMatchObject({
        status: 'blocked',
      })
    }
    expect(await gateway.tools.invoke('other', { ...call, approvalId })).toMatchObject({ status: 'blocked' })
    expect(await gateway.tools.invoke('gated', { ...call, approvalId: 'plugin:foreign' })).toMatchObject({
      status: 'blocked',
    })
    expect(sent('tools.invoke').filter(({ confirm: confirmed }) => confirmed === true)).toEqual([])
  })

  it('is blocked where the person said no, also when it is tried again', async () => {
    const approvalId = await approvalFor()
    await gateway.approvals.decide(approvalId, { decision: 'deny', reason: 'not this one' })
    expect(await gateway.tools.invoke('gated', { ...call, approvalId })).toMatchObject({
      status: 'blocked',
      reason: 'not this one',
    })
    expect(await gateway.tools.invoke('gated', call)).toMatchObject({
      status: 'blocked',
      reason: 'not this one',
    })
  })

  it('keeps the approval where the Gateway could not ask again, and says who has to be there', async () => {
    const approvalId = await approvalFor()
    approvals.decide(approvalId, 'allow-once')
    let isAlone = true
    outcomes.set('gated', (params) =>
      isAlone ? wants('Plugin approval unavailable (no approval route)') : confirm(params),
    )
    expect(await gateway.tools.invoke('gated', { ...call, approvalId })).toMatchObject({
      status: 'blocked',
      reason: expect.stringContaining('has to be connected to the Gateway while the tool is called'),
    })
    isAlone = false
    expect(await gateway.tools.invoke('gated', { ...call, approvalId })).toMatchObject({ status: 'ok' })
  })
})

/** A small MCP server as the Gateway's: plain JSON answers, tokens that can be taken back. */
async function startMcp(): Promise<{
  grant: () => Fields
  revoke: (token: string) => boolean
  readonly tokens: readonly (string | undefined)[]
  lists: () => number
  expireInMs: number
  close: () => Promise<void>
}> {
  const granted = new Set<string>()
  const tokens = new Set<string | undefined>()
  let grants = 0
  let lists = 0
  const http = createServer((request, response) => {
    tokens.add(request.headers.authorization)
    const isGranted = granted.has(String(request.headers.authorization).replace('Bearer ', ''))
    if (request.method !== 'POST' || !isGranted) {
      response.writeHead(request.method === 'POST' ? 401 : 405).end('{"error":"unauthorized"}')
      return
    }
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      const { id, method, params } = JSON.parse(body) as { id?: number; method: string; params: Fields }
      if (id === undefined) {
        response.writeHead(202).end()
        return
      }
      if (method === 'tools/list') lists++
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result: answerMcp(method, params) }))
    })
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  const started = {
    expireInMs: 3_600_000,
    get tokens() {
      return [...tokens]
    },
    lists: () => lists,
    grant() {
      const token = `grant-${++grants}`
      granted.add(token)
      return {
        token,
        expiresAtMs: Date.now() + started.expireInMs,
        mcpConfig: { mcpServers: { openclaw: { type: 'http', url: `http://127.0.0.1:${port}/mcp` } } },
      }
    },
    revoke: (token: string) => granted.delete(token),
    async close() {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
  return started
}

function answerMcp(method: string, params: Fields): Fields {
  if (method === 'initialize') {
    return {
      protocolVersion: '2025-03-26',
      capabilities: { tools: {} },
      serverInfo: { name: 'openclaw', version: '0' },
    }
  }
  if (method === 'tools/list') {
    return {
      tools: [
        { name: 'echo', description: 'Echoes', inputSchema: { type: 'object' } },
        {
          name: 'mcp_only',
          inputSchema: { type: 'object', properties: { word: { type: 'string' } } },
          annotations: { destructiveHint: true },
        },
      ],
    }
  }
  const { name, arguments: args } = params as { name: string; arguments: Fields }
  if (args['word'] === 'fail') return { isError: true, content: [{ type: 'text', text: 'no such word' }] }
  return { content: [{ type: 'text', text: JSON.stringify({ called: name, with: args }) }] }
}
