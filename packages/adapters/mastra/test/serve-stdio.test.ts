import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'

import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { localGateway, startLocalGateway, type RunningGateway } from '@pincer/local-gateway'
import type { RunSummary } from '@pincer/protocol'
import { eventually } from '@pincer/testing'
import { describe, expect, it, onTestFinished } from 'vitest'

import { serveTools } from '../src/serve.ts'
import { addTool, callTool, textOf, watched } from './serve-fixture.ts'

const child = join(import.meta.dirname, 'serve-stdio-child.ts')
const wordsFor = (url: string): string[] => ['--conditions=@pincer/source', '--no-warnings', child, url]
const env = { PATH: process.env['PATH'] ?? '', MASTRA_TELEMETRY_DISABLED: '1' }

async function startGateway(options: object = {}): Promise<RunningGateway> {
  const running = await startLocalGateway({ port: 0, databasePath: ':memory:', ...options })
  onTestFinished(() => running.close())
  return running
}

async function runsOf({ url }: RunningGateway): Promise<readonly RunSummary[]> {
  const gateway = localGateway({ url })
  try {
    return (await gateway.runs?.list())?.items ?? []
  } finally {
    await gateway.close()
  }
}

/** The program by hand, so that it can be treated badly. */
function startChild(url: string): {
  readonly program: ChildProcess
  readonly said: () => string
  readonly told: () => string
} {
  const program = spawn(process.execPath, wordsFor(url), { env, stdio: 'pipe' })
  onTestFinished(() => void program.kill('SIGKILL'))
  let said = ''
  let told = ''
  program.stdout?.on('data', (piece) => (said += String(piece)))
  program.stderr?.on('data', (piece) => (told += String(piece)))
  return { program, said: () => said, told: () => told }
}

const line = (method: string, params: object, id?: number): string =>
  `${JSON.stringify({ jsonrpc: '2.0', ...(id !== undefined && { id }), method, params })}\n`
const initialize = line(
  'initialize',
  { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
  1,
)

describe('tools of another process as an MCP server over stdio', () => {
  it('are called by the official client, guarded and recorded by the process that has them', async () => {
    const running = await startGateway({
      policies: [{ id: 'never', match: { tool: 'hang' }, action: 'block', reason: 'not today' }],
    })
    const client = new Client({ name: 'test', version: '1' })
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: wordsFor(running.url),
      env,
      stderr: 'inherit',
    })
    await client.connect(transport)
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['add', 'hang'])
    const result = await callTool(
      client,
      'add',
      { a: 1, b: 2 },
      { meta: { 'pincer/runId': 'run_of_another' } },
    )
    expect(result.structuredContent).toEqual({ sum: 3, pid: transport.pid })
    expect(transport.pid).not.toBe(process.pid)
    expect(textOf(await callTool(client, 'hang'))).toBe(
      'The call of "hang" was blocked and did not happen. Reason: not today',
    )
    expect((await callTool(client, 'add', { a: 'x' })).isError).toBe(true)
    // The program ends by itself, and delivers what it has recorded before.
    await client.close()
    const runs = await eventually(async () => {
      const found = await runsOf(running)
      return found.length === 3 && found.every(({ status }) => status !== 'running') ? found : undefined
    })
    expect(runs.map(({ name, status }) => `${name} ${status}`).toSorted()).toEqual([
      'add completed',
      'add failed',
      'hang failed',
    ])
    expect(runs.find(({ status }) => status === 'completed')?.parentRunId).toBe('run_of_another')
  }, 20_000)

  it("are called by the local gateway's agents, which start the process", async () => {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const running = await startGateway({
      port,
      agents: [{ id: 'main' }],
      mcpServers: [{ name: 'crabs', command: process.execPath, args: wordsFor(url), env }],
    })
    const gateway = localGateway({ url })
    onTestFinished(() => gateway.close())
    await eventually(
      async () => (await gateway.tools?.list())?.some(({ name }) => name === 'crabs.add') || undefined,
      15_000,
    )
    const run = await gateway.agents?.run({ agentId: 'main', input: '[[tool:crabs_add {"a":1,"b":2}]]' })
    expect(await run?.wait()).toMatchObject({ status: 'completed', text: expect.stringContaining('sum 3') })
    const below = await eventually(async () => {
      const tree = await gateway.runs?.get(run?.runId ?? '')
      return tree?.children[0]?.status === 'completed' ? tree.children : undefined
    })
    expect(below).toMatchObject([{ name: 'add', actions: [{ name: 'add', output: { sum: 3 } }] }])
    expect(running.port).toBe(port)
  }, 30_000)

  it('end with their client, and cancel what is under way', async () => {
    const running = await startGateway()
    const { program, told } = startChild(running.url)
    program.stdin?.write(initialize)
    program.stdin?.write(line('notifications/initialized', {}))
    program.stdin?.write(line('tools/call', { name: 'hang', arguments: {} }, 2))
    await eventually(() => told().includes('hangs') || undefined, 10_000)
    program.stdin?.end()
    const [code] = await once(program, 'exit')
    expect(code).toBe(0)
    expect(told()).toBe('hangs\naborted\n')
    expect(await runsOf(running)).toMatchObject([{ name: 'hang', status: 'cancelled' }])
  }, 20_000)

  it('live on after lines that are nothing', async () => {
    const running = await startGateway()
    const { program, said } = startChild(running.url)
    const nested = `${'{"a":'.repeat(200)}1${'}'.repeat(200)}`
    for (const bad of ['', 'hello', '{', '[]', '{"jsonrpc":"2.0"}', '['.repeat(100_000)])
      program.stdin?.write(`${bad}\n`)
    program.stdin?.write(initialize)
    program.stdin?.write(
      line('tools/call', { name: 'add', arguments: { a: 0 } }, 2).replace('{"a":0}', nested),
    )
    program.stdin?.write(
      line('tools/call', { name: 'add', arguments: { b: 1 } }, 3).replace('"b"', '"__proto__"'),
    )
    program.stdin?.write(line('tools/call', { name: 'add', arguments: { a: 1, b: 2 } }, 4))
    await eventually(() => said().includes('"id":4') || undefined, 10_000)
    const answers = said()
      .trim()
      .split('\n')
      .map((text): { id: number; result?: { isError?: boolean } } => JSON.parse(text))
    const failed = new Map(answers.map(({ id, result }) => [id, result?.isError ?? false]))
    expect(failed).toEqual(
      new Map([
        [1, false],
        [2, true],
        [3, true],
        [4, false],
      ]),
    )
    program.stdin?.end()
    expect(await once(program, 'exit')).toEqual([0, null])
  }, 20_000)
})

describe('tools on streams of this process', () => {
  it('let go of the streams when they are closed', async () => {
    const { claw } = watched()
    const served = serveTools({ add: addTool() }, claw)
    const [input, output] = [new PassThrough(), new PassThrough()]
    const connection = await served.connectStdio({ input, output })
    input.write(initialize)
    expect(String(await once(output, 'data'))).toContain('"protocolVersion":"2025-06-18"')
    await served.close()
    await connection.closed
    await connection.close()
    expect(input.listenerCount('data') + input.listenerCount('end')).toBeLessThanOrEqual(1)
    await expect(served.connectStdio({ input, output })).rejects.toMatchObject({ code: 'closed' })
  })

  it('end where what is written for the client cannot be written', async () => {
    const { claw } = watched()
    const served = serveTools({ add: addTool() }, claw)
    const [input, output] = [new PassThrough(), new PassThrough()]
    const { closed } = await served.connectStdio({ input, output })
    output.destroy(new Error('EPIPE'))
    await closed
  })

  it('end where a line has no end', async () => {
    const { claw } = watched()
    const served = serveTools({ add: addTool() }, claw)
    const [input, output] = [new PassThrough(), new PassThrough()]
    const { closed } = await served.connectStdio({ input, output })
    for (let count = 0; count < 6; count++) input.write('x'.repeat(1_000_000))
    await closed
  })
})

async function freePort(): Promise<number> {
  const other = await startLocalGateway({ port: 0, databasePath: ':memory:' })
  await other.close()
  return other.port
}
