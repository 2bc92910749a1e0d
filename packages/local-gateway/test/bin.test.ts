import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { eventually } from '@pincer/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { finishedRun, storyEvent } from './run-story.ts'

const bin = fileURLToPath(new URL('../src/bin.ts', import.meta.url))
const children: ChildProcess[] = []
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pincer-bin-'))
})

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A gateway in a process of its own. */
interface Spawned {
  readonly child: ChildProcess
  readonly output: { out: string; err: string }
  readonly exit: Promise<number | NodeJS.Signals | null>
}

function run(args: readonly string[], env: Record<string, string> = {}): Spawned {
  const child = spawn(process.execPath, ['--conditions=@pincer/source', bin, ...args], {
    env: { ...process.env, PINCER_TOKEN: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  const output = { out: '', err: '' }
  child.stdout?.on('data', (chunk: Buffer) => (output.out += String(chunk)))
  child.stderr?.on('data', (chunk: Buffer) => (output.err += String(chunk)))
  const exit = once(child, 'close').then(
    ([code, signal]) => (code ?? signal) as number | NodeJS.Signals | null,
  )
  return { child, output, exit }
}

async function listening({ output }: Spawned): Promise<string> {
  return eventually(() => /listens on (http:\S+)\n/.exec(output.out)?.[1], 20_000)
}

async function append(url: string, events: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/v1/events`, {
    method: 'POST',
    body: JSON.stringify(events),
    headers: { 'content-type': 'application/json', ...headers },
  })
}

describe('pincer-local-gateway', () => {
  it('loses nothing that it acknowledged when it is killed', async () => {
    const database = join(folder, 'killed.sqlite')
    const first = run(['--port', '0', '--database', database])
    const url = await listening(first)
    let acknowledged = 0
    const feed = async (worker: number): Promise<void> => {
      for (let index = 0; ; index++) {
        const runId = `run-${worker}-${index}`
        const response = await append(url, finishedRun(runId)).catch(() => undefined)
        if (response === undefined) return
        const body = await response.json().catch(() => undefined)
        if (body === undefined) return
        acknowledged += 1
      }
    }
    const feeding = Promise.all([feed(1), feed(2), feed(3), feed(4)])
    await eventually(() => acknowledged >= 100 || undefined, 20_000)
    first.child.kill('SIGKILL')
    expect(await first.exit).toBe('SIGKILL')
    await feeding

    const second = run(['--port', '0', '--database', database])
    const again = await listening(second)
    let found = 0
    let cursor: string | undefined
    do {
      const response = await fetch(
        `${again}/v1/runs?limit=200${cursor === undefined ? '' : `&cursor=${cursor}`}`,
      )
      const page = (await response.json()) as { items: object[]; nextCursor?: string }
      for (const one of page.items) expect(one).toMatchObject({ status: 'completed', actionCount: 2 })
      found += page.items.length
      cursor = page.nextCursor
    } while (cursor !== undefined)
    expect(found).toBeGreaterThanOrEqual(acknowledged)
    expect(found).toBeLessThanOrEqual(acknowledged + 4)
  }, 60_000)

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'finishes what is under way on %s, ends streams and exits with 0',
    async (signal) => {
      const policies = join(folder, 'policies.json')
      writeFileSync(
        policies,
        JSON.stringify([{ id: 'ask', match: { tool: '*' }, action: 'require_approval' }]),
      )
      const gateway = run([
        '--port',
        '0',
        '--database',
        join(folder, `${signal}.sqlite`),
        '--policies',
        policies,
      ])
      const url = await listening(gateway)
      const stream = await fetch(`${url}/v1/events`)
      const streamed = stream.text()
      // A request whose body is still on its way when the signal comes.
      let finishBody: (() => void) | undefined
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          const text = JSON.stringify([storyEvent('late', 1, 'run.started', {})])
          controller.enqueue(Buffer.from(text.slice(0, 20)))
          finishBody = () => {
            controller.enqueue(Buffer.from(text.slice(20)))
            controller.close()
          }
        },
      })
      const late = fetch(`${url}/v1/events`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
        duplex: 'half',
      })
      await append(url, finishedRun('run'))
      gateway.child.kill(signal)
      await eventually(
        async () =>
          (await fetch(`${url}/healthz`).then(
            () => undefined,
            () => true,
          )) || undefined,
      )
      finishBody?.()
      expect((await late).status).toBe(200)
      expect(await streamed).toContain('"run.7"')
      expect(await gateway.exit).toBe(0)
      expect(gateway.output.err).toBe('')
    },
    30_000,
  )

  it('takes its token from a file or the environment, and never prints it', async () => {
    const token = 'a-secret-of-the-tests'
    const file = join(folder, 'token')
    writeFileSync(file, `${token}\n`)
    const byFile = run(['--port', '0', '--database', ':memory:', '--token-file', file])
    const byEnvironment = run(['--port', '0', '--database', ':memory:'], { PINCER_TOKEN: token })
    for (const gateway of [byFile, byEnvironment]) {
      const url = await listening(gateway)
      expect((await append(url, [])).status).toBe(401)
      expect((await append(url, [], { authorization: `Bearer ${token}` })).status).toBe(200)
      expect((await append(url, [], { authorization: 'Bearer wrong-wrong' })).status).toBe(401)
      gateway.child.kill('SIGTERM')
      expect(await gateway.exit).toBe(0)
      expect(gateway.output.out + gateway.output.err).not.toContain(token)
    }
  }, 30_000)

  it('runs the agents of its file', async () => {
    const agents = join(folder, 'agents.json')
    writeFileSync(agents, JSON.stringify([{ id: 'librarian', instructions: 'Answer in one sentence.' }]))
    const url = await listening(run(['--port', '0', '--database', ':memory:', '--agents', agents]))
    expect(await (await fetch(`${url}/v1/agents`)).json()).toMatchObject({
      items: [{ agentId: 'librarian' }],
    })
  }, 30_000)

  it('prices by its file', async () => {
    const prices = join(folder, 'prices.json')
    writeFileSync(prices, '{"gpt-4o-mini":{"inputPerMillion":1000,"outputPerMillion":0}}')
    const url = await listening(run(['--port', '0', '--database', ':memory:', '--prices', prices]))
    await append(url, finishedRun('run'))
    expect(await (await fetch(`${url}/v1/runs/run`)).json()).toMatchObject({
      actions: [{ cost: { usd: 1, source: 'config' } }, {}],
    })
  }, 30_000)

  it.each([
    [['--port', 'many'], '--port: expected a number from 0 to 65535'],
    [['--host', '0.0.0.0'], 'a token is required'],
    [['--token-file', '/nowhere/token'], '--token-file: cannot read'],
    [['--agents', '/nowhere/agents'], '--agents: cannot read'],
    [['--prices', '/nowhere/prices'], '--prices: cannot read'],
    [['--policies', '/nowhere/policies', '--database', ':memory:'], '/nowhere/policies'],
    [['--database', '/nowhere/at/all.sqlite'], 'cannot open the database'],
    [['--colour'], "Unknown option '--colour'; see --help"],
    [['colour'], "Unexpected argument 'colour'"],
  ])(
    'says in one line what is wrong with %j, and exits with 1',
    async (args, message) => {
      const gateway = run(['--port', '0', ...args])
      expect(await gateway.exit).toBe(1)
      expect(gateway.output.err).toContain(message)
      expect(gateway.output.err.trim().split('\n')).toHaveLength(1)
    },
    30_000,
  )

  it.each([
    ['--policies', [{ id: 'x', match: {}, action: 'refuse' }], '[0].action: invalid option: expected one of'],
    ['--policies', { rules: [] }, 'policies: invalid input'],
    ['--agents', { id: 'main' }, 'agents: invalid input: expected array, received object'],
    ['--prices', { m: { inputPerMillion: 'free' } }, 'm.inputPerMillion: invalid input: expected number'],
  ])(
    'tells what is wrong in a file of %s in a plain sentence',
    async (option, content, message) => {
      const file = join(folder, 'wrong.json')
      writeFileSync(file, JSON.stringify(content))
      const gateway = run(['--port', '0', '--database', ':memory:', option, file])
      expect(await gateway.exit).toBe(1)
      expect(gateway.output.err).toContain(message)
      expect(gateway.output.err).not.toMatch(/[✖→]/)
      expect(gateway.output.err.trim().split('\n')).toHaveLength(1)
    },
    30_000,
  )

  it('tells where its record and the demo model are', async () => {
    const file = join(folder, 'told.sqlite')
    const gateway = run(['--port', '0', '--database', file])
    const url = await listening(gateway)
    await eventually(() => gateway.output.out.includes('demo model') || undefined)
    expect(gateway.output.out).toContain(`record: ${file}\n`)
    expect(gateway.output.out).toContain(`demo model: ${url}/demo/v1\n`)
  }, 30_000)

  it.each(['', 'a-secret-of-the-tests'])(
    'tells of approvals that wait, with a command that answers them (token "%s")',
    async (token) => {
      const policies = join(folder, 'ask.json')
      writeFileSync(policies, '[{"id":"ask","match":{"tool":"*"},"action":"require_approval"}]')
      const gateway = run(['--port', '0', '--database', ':memory:', '--policies', policies], {
        PINCER_TOKEN: token,
      })
      const url = await listening(gateway)
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
      const asked = await fetch(`${url}/v1/guard`, {
        method: 'POST',
        headers,
        body: JSON.stringify({
          actionId: 'action-1',
          kind: 'tool_call',
          name: 'mail.send',
          input: { to: 'somebody', text: `\u001b[2J\u202e${'x'.repeat(500)}` },
        }),
      })
      const { approvalId } = (await asked.json()) as { approvalId: string }
      const lines = await eventually(
        () => /approval [^]*approve"}'\n/.exec(gateway.output.out)?.[0].trim().split('\n'),
        10_000,
      )
      expect(lines).toHaveLength(2)
      const [line = '', command = ''] = lines
      expect(line).toContain(`approval ${approvalId} waits: mail.send {"to":"somebody"`)
      expect(line).toMatch(/x…$/)
      expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u)
      expect(command).toContain(`${url}/v1/approvals/${approvalId}/decide`)
      expect(command.includes('authorization: Bearer $PINCER_TOKEN')).toBe(token !== '')
      if (token !== '') expect(gateway.output.out).not.toContain(token)
      execFileSync('sh', ['-c', `${command} -s`], { env: { ...process.env, PINCER_TOKEN: token } })
      const answered = await fetch(`${url}/v1/approvals/${approvalId}`, { headers })
      expect(await answered.json()).toMatchObject({ status: 'approved' })
    },
    30_000,
  )

  it('prints its version', async () => {
    const gateway = run(['--version'])
    expect(await gateway.exit).toBe(0)
    expect(gateway.output.out).toMatch(/^\d+\.\d+\.\d+\S*\n$/)
  }, 30_000)

  it('prints its options', async () => {
    const gateway = run(['--help'])
    expect(await gateway.exit).toBe(0)
    expect(gateway.output.out).toContain('--token-file <file>')
  }, 30_000)
})
