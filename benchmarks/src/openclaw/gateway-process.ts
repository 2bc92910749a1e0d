import { fork } from 'node:child_process'

/** A gateway that speaks OpenClaw's wire, in a process of its own. */
export interface FastGateway {
  readonly url: string
  stop(): void
}

/** Starts one on a free port of loopback. */
export async function startFastGateway(): Promise<FastGateway> {
  const child = fork(new URL('fast-gateway.ts', import.meta.url), { execArgv: [] })
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (address) => resolve((address as { port: number }).port))
    child.once('exit', (code) => reject(new Error(`the fast gateway ended with ${code}`)))
  })
  return { url: `ws://127.0.0.1:${port}`, stop: () => child.kill() }
}
