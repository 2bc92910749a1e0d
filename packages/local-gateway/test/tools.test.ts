import { type ChildProcess, spawn } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { eventually } from '@pincer/testing'
import { afterEach, describe, expect, it } from 'vitest'
import type { LocalGatewayOptions } from '../src/options.ts'
import type { RegisteredTool } from '../src/tools/registered-tool.ts'
import { type Caller, type Reply, startCaller } from './gateway-caller.ts'

const fixture = fileURLToPath(new URL('./fixtures/mcp-server.ts', import.meta.url))
let closers: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const close of closers.toReversed()) await close()
  closers = []
})

async function start(options: LocalGatewayOptions): Promise<Caller> {
  const caller = await startCaller(options)
  closers.push(() => caller.close())
  return caller
}

async function invoke(caller: Caller, name: string, body: object = {}): Promise<Reply> {
  const answer = await caller.post(`/v1/tools/${name}/invoke`, body)
  expect(answer.status).toBe(200)
  return answer.body
}

const calls: unknown[] = []
const add: RegisteredTool = {
  name: 'math.add',
  description: 'Adds.',
  risk: 'low',
  inputSchema: {
    type: 'object',
    properties: { a: { type: 'number' }, b: { type: 'number' } },
    required: ['a', 'b'],
    additionalProperties: false,
  },
  execute: (input) => {
    calls.push(input)
    return Number(input['a']) + Number(input['b'])
  },
}

function tool(name: string, execute: RegisteredTool['execute']): RegisteredTool {
  return { name, inputSchema: { type: 'object' }, execute }
}

describe('tools of the process', () => {
  it('are listed and called', async () => {
    const caller = await start({ tools: [add] })
    expect((await caller.get('/v1/tools')).body.items).toEqual([
      {
        name: 'math.add',
        description: 'Adds.',
        risk: 'low',
        source: 'process',
        inputSchema: add.inputSchema,
      },
    ])
    expect(await invoke(caller, 'math.add', { input: { a: 1, b: 2 }, toolCallId: 'mine' })).toEqual({
      status: 'ok',
      toolCallId: 'mine',
      output: 3,
    })
    expect((await invoke(caller, 'math.add', { input: { a: 1, b: 2 } })).toolCallId).toMatch(/^call_/)
    expect(await caller.post('/v1/tools/nothing/invoke', {})).toMatchObject({
      status: 404,
      body: { error: { code: 'unknown_tool' } },
    })
  })

  it.each([
    ['a missing field', { a: 1 }],
    ['a wrong type', { a: 1, b: '2' }],
    ['an unknown field', { a: 1, b: 2, c: 3 }],
    ['no object', [1, 2]],
  ])('are not called with %s', async (_, input) => {
    calls.length = 0
    const caller = await start({
      tools: [add],
      policies: [{ id: 'ask', match: {}, action: 'require_approval' }],
    })
    expect(await invoke(caller, 'math.add', { input })).toMatchObject({
      status: 'error',
      error: { code: 'invalid_input', message: expect.stringContaining('math.add') },
    })
    expect(calls).toEqual([])
    // Nobody was asked about what could not have been called.
    expect((await caller.get('/v1/approvals')).body.items).toEqual([])
  })

  it('fail with their words, and nothing of this machine', async () => {
    const caller = await start({
      tools: [
        tool('throws', () => Promise.reject(new RangeError('too far'))),
        tool('cyclic', () => {
          const cycle: Record<string, unknown> = {}
          cycle['self'] = cycle
          return cycle
        }),
        tool('huge', () => 'x'.repeat(2_000_000)),
        tool('nothing', () => undefined),
      ],
    })
    const thrown = await invoke(caller, 'throws')
    expect(thrown).toMatchObject({ status: 'error', error: { name: 'RangeError', message: 'too far' } })
    expect(Object.keys(thrown.error)).not.toContain('stack')
    expect((await invoke(caller, 'cyclic')).error.message).toContain('not JSON')
    expect((await invoke(caller, 'huge')).error.message).toContain('at most')
    expect(await invoke(caller, 'nothing')).toMatchObject({ status: 'ok', output: null })
  })

  it('are stopped when the caller goes away', async () => {
    let seen: AbortSignal | undefined
    const caller = await start({
      tools: [
        tool('slow', (_, { signal }) => {
          seen = signal
          return new Promise(() => {})
        }),
      ],
    })
    const client = new AbortController()
    const call = caller.call('POST', '/v1/tools/slow/invoke', {}, client.signal)
    await eventually(() => seen)
    client.abort()
    await expect(call).rejects.toThrow()
    await eventually(() => seen?.aborted || undefined)
  })

  it.each([
    ['a bad name', [{ ...add, name: 'math add' }], /no name for a tool/],
    ['a name twice', [add, add], /given twice/],
    ['a schema that is none', [{ ...add, inputSchema: { type: 'objekt' } }], /math\.add/],
  ])('are refused at the start with %s', async (_, tools, message) => {
    await expect(start({ tools })).rejects.toThrow(message)
  })
})

describe('guard and approval of a call', () => {
  const options: LocalGatewayOptions = {
    tools: [add, tool('files.delete', () => 'gone')],
    policies: [
      {
        id: 'no',
        match: { tool: 'files.delete', agent: 'guest' },
        action: 'block',
        reason: 'not for guests',
      },
      { id: 'ask', match: { tool: 'math.*' }, action: 'require_approval', reason: 'sums matter' },
    ],
  }

  it('blocks', async () => {
    const caller = await start(options)
    expect(await invoke(caller, 'files.delete', { agentId: 'guest', toolCallId: 'c' })).toEqual({
      status: 'blocked',
      toolCallId: 'c',
      reason: 'not for guests',
    })
    expect(await invoke(caller, 'files.delete')).toMatchObject({ status: 'ok', output: 'gone' })
  })

  it('asks, goes on once approved, and only once', async () => {
    calls.length = 0
    const caller = await start(options)
    const body = { input: { a: 1, b: 2 }, runId: 'r' }
    const asked = await invoke(caller, 'math.add', body)
    expect(asked).toEqual({
      status: 'approval_required',
      toolCallId: expect.any(String),
      approvalId: expect.any(String),
      reason: 'sums matter',
    })
    const { approvalId } = asked
    expect(await invoke(caller, 'math.add', { ...body, approvalId })).toEqual(asked)
    await caller.post(`/v1/approvals/${approvalId}/decide`, { decision: 'approve' })
    expect(calls).toEqual([])
    expect(await invoke(caller, 'math.add', { ...body, approvalId })).toMatchObject({
      status: 'ok',
      output: 3,
    })
    const again = await invoke(caller, 'math.add', { ...body, approvalId })
    expect(again.status).toBe('approval_required')
    expect(again.approvalId).not.toBe(approvalId)
  })

  it('does not take an approval for other arguments or for another tool', async () => {
    const caller = await start(options)
    const { approvalId } = await invoke(caller, 'math.add', { input: { a: 1, b: 2 } })
    await caller.post(`/v1/approvals/${approvalId}/decide`, { decision: 'approve' })
    expect((await invoke(caller, 'math.add', { input: { a: 1, b: 3 }, approvalId })).status).toBe(
      'approval_required',
    )
    expect(await caller.post('/v1/tools/files.delete/invoke', { approvalId })).toMatchObject({
      status: 409,
      body: { error: { code: 'approval_mismatch' } },
    })
    expect((await invoke(caller, 'math.add', { input: { a: 1, b: 2 }, approvalId })).output).toBe(3)
  })

  it('calls with the arguments that the person put in their place, if they fit', async () => {
    const caller = await start(options)
    for (const [edited, result] of [
      [
        { a: 10, b: 20 },
        { status: 'ok', output: 30 },
      ],
      [{ a: 'ten' }, { status: 'error', error: { code: 'invalid_input' } }],
    ]) {
      const { approvalId } = await invoke(caller, 'math.add', { input: { a: 1, b: 2 } })
      await caller.post(`/v1/approvals/${approvalId}/decide`, { decision: 'approve', input: edited })
      expect(await invoke(caller, 'math.add', { input: { a: 1, b: 2 }, approvalId })).toMatchObject(
        result as object,
      )
    }
  })

  it('is blocked once denied', async () => {
    const caller = await start(options)
    const body = { input: { a: 1, b: 2 } }
    const { approvalId } = await invoke(caller, 'math.add', body)
    await caller.post(`/v1/approvals/${approvalId}/decide`, { decision: 'deny', reason: 'no sums today' })
    expect(await invoke(caller, 'math.add', { ...body, approvalId })).toMatchObject({
      status: 'blocked',
      reason: 'no sums today',
    })
  })
})

describe('MCP servers', () => {
  const process_ = {
    name: 'fixture',
    command: process.execPath,
    args: [fixture],
    env: { FIXTURE_SECRET: 'open sesame' },
  }

  it('give their tools under their name, and are called through the guard', async () => {
    const caller = await start({
      tools: [add],
      mcpServers: [process_],
      policies: [{ id: 'ask', match: { risk: 'high' }, action: 'require_approval' }],
    })
    const { items } = (await caller.get('/v1/tools')).body
    expect(items.map((item: { name: string }) => item.name)).toEqual([
      'math.add',
      ...['add', 'who', 'fail', 'crash', 'hang', 'wipe', 'grow'].map((name) => `fixture.${name}`),
    ])
    expect(items.at(1)).toMatchObject({
      description: 'Adds two numbers.',
      source: 'fixture',
      inputSchema: { required: ['a', 'b'] },
    })
    expect(await invoke(caller, 'fixture.add', { input: { a: 2, b: 3 } })).toMatchObject({
      status: 'ok',
      output: '5',
    })
    expect(await invoke(caller, 'fixture.add', { input: { a: 2 } })).toMatchObject({
      status: 'error',
      error: { code: 'invalid_input' },
    })
    expect((await invoke(caller, 'fixture.who')).output).toEqual({
      processId: expect.any(Number),
      secret: 'open sesame',
    })
    expect(await invoke(caller, 'fixture.fail')).toMatchObject({
      status: 'error',
      error: { message: 'out of paper' },
    })
    expect((await invoke(caller, 'fixture.wipe')).status).toBe('approval_required')
  })

  it('are started again after they ended, and take the next call', async () => {
    const caller = await start({ mcpServers: [process_] })
    const before = processOf(await invoke(caller, 'fixture.who'))
    expect((await invoke(caller, 'fixture.crash')).status).toBe('error')
    const after = await eventually(async () => {
      const result = await invoke(caller, 'fixture.who')
      return result.status === 'ok' ? processOf(result) : undefined
    })
    expect(after).not.toBe(before)
  })

  it('may add tools later', async () => {
    const caller = await start({ mcpServers: [process_] })
    await invoke(caller, 'fixture.grow')
    await eventually(async () => {
      const { items } = (await caller.get('/v1/tools')).body
      return items.some((item: { name: string }) => item.name === 'fixture.grown') || undefined
    })
    expect((await invoke(caller, 'fixture.grown')).output).toBe('here')
  })

  it('that cannot be started never trouble the others', async () => {
    const caller = await start({
      tools: [add],
      mcpServers: [
        { name: 'missing', command: '/no/such/command' },
        { name: 'ends', command: process.execPath, args: ['-e', ''] },
        { name: 'refuses', url: `http://127.0.0.1:${await freePort()}/mcp` },
        process_,
      ],
    })
    expect((await invoke(caller, 'fixture.add', { input: { a: 2, b: 3 } })).output).toBe('5')
    expect((await invoke(caller, 'math.add', { input: { a: 2, b: 3 } })).output).toBe(5)
    expect((await caller.get('/v1/tools')).body.items).toHaveLength(8)
  })

  it('are given up where a call takes too long, and end with the gateway', async () => {
    const caller = await start({ mcpServers: [{ ...process_, timeoutMs: 100 }] })
    const processId = processOf(await invoke(caller, 'fixture.who'))
    expect((await invoke(caller, 'fixture.hang')).error.message).toMatch(/timed out/i)
    expect((await invoke(caller, 'fixture.add', { input: { a: 1, b: 1 } })).output).toBe('2')
    await caller.close()
    expect(() => process.kill(processId, 0)).toThrow(/ESRCH/)
  })

  it('behind HTTP are reached again after they were restarted', async () => {
    const port = await freePort()
    const first = await startHttpFixture(port)
    const caller = await start({
      mcpServers: [
        { name: 'web', url: `http://127.0.0.1:${port}/mcp`, headers: { authorization: 'Bearer x' } },
      ],
    })
    expect((await invoke(caller, 'web.add', { input: { a: 2, b: 3 } })).output).toBe('5')
    first.kill('SIGKILL')
    await new Promise((resolve) => first.once('exit', resolve))
    expect(await invoke(caller, 'web.add', { input: { a: 2, b: 3 } })).toMatchObject({
      status: 'error',
      error: { code: 'tool_server_unavailable' },
    })
    await startHttpFixture(port)
    expect(await invoke(caller, 'web.add', { input: { a: 2, b: 3 } })).toMatchObject({
      status: 'ok',
      output: '5',
    })
  })

  it('behind HTTP that forgot the session are asked again, once', async () => {
    const port = await freePort()
    const first = await startHttpFixture(port)
    const caller = await start({ mcpServers: [{ name: 'web', url: `http://127.0.0.1:${port}/mcp` }] })
    expect((await invoke(caller, 'web.add', { input: { a: 2, b: 3 } })).output).toBe('5')
    first.kill('SIGKILL')
    await new Promise((resolve) => first.once('exit', resolve))
    await startHttpFixture(port)
    expect((await invoke(caller, 'web.add', { input: { a: 2, b: 3 } })).output).toBe('5')
  })

  it.each([
    ['neither command nor url', { name: 'x' }],
    ['a bad name', { name: 'a.b', command: 'x' }],
    [
      'no web address',
      { name: 'x', url: 'file:///etc/passwd', headers: { authorization: 'Bearer top-secret' } },
    ],
  ])('are refused at the start with %s, and no secret is told', async (_, server) => {
    const failure = await start({ mcpServers: [server as never] }).then(
      () => undefined,
      (error: Error) => error.message,
    )
    expect(failure).toContain('mcpServers')
    expect(failure).not.toContain('top-secret')
  })
})

function processOf({ output }: Reply): number {
  if (typeof output === 'object' && output !== null && 'processId' in output) return Number(output.processId)
  throw new Error('the fixture did not tell its process')
}

async function startHttpFixture(port: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [fixture, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] })
  closers.push(() => void child.kill('SIGKILL'))
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return child
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
