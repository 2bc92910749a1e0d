import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'

/** A gateway in one of the states that matter, at an address. */
export interface GatewayUnderTest {
  readonly url: string
  stop(): void
}

/** A real local gateway in a process of its own. */
export async function startGateway(): Promise<GatewayUnderTest> {
  const bin = new URL(import.meta.resolve('@pincer/local-gateway')).pathname.replace(
    /index\.(ts|js)$/,
    'bin.$1',
  )
  const child = spawn(
    process.execPath,
    ['--conditions=@pincer/source', bin, '--port', '0', '--database', ':memory:'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  return { url: await readUrl(child), stop: () => child.kill() }
}

/** A port that refuses. */
export async function findDeadGateway(): Promise<GatewayUnderTest> {
  const gateway = await listen(0)
  gateway.stop()
  return { url: gateway.url, stop: () => {} }
}

/** Takes a batch and answers two seconds later. */
export function startSlowGateway(): Promise<GatewayUnderTest> {
  return listen(2_000)
}

async function listen(delayMs: number): Promise<GatewayUnderTest> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => setTimeout(() => response.end('{"verdicts":[]}'), delayMs))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  server.unref()
  return { url: `http://127.0.0.1:${address.port}`, stop: () => server.close() }
}

async function readUrl(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the gateway has no output')
  for await (const line of createInterface(child.stdout)) {
    const url = /http:\/\/\S+/.exec(line)?.[0]
    if (url !== undefined) return url
  }
  throw new Error('the gateway ended before it listened')
}
