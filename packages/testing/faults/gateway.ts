import { type FaultProxy, startFaultProxy } from '@pincer/testing'
import { type Child, startChild } from './child.ts'

/** A gateway process behind a proxy that breaks things. */
export interface FaultyGateway {
  readonly databasePath: string
  readonly proxy: FaultProxy
  /** Kills the process with SIGKILL and starts another one on the same database. */
  restart(awayMs: number): Promise<void>
  close(): Promise<void>
}

/** Starts a gateway process and the proxy before it. */
export async function startFaultyGateway(databasePath: string): Promise<FaultyGateway> {
  let { child, url } = await startGateway(databasePath)
  const proxy = await startFaultProxy(url)
  return {
    databasePath,
    proxy,
    async restart(awayMs) {
      child.kill('SIGKILL')
      await child.ended()
      await new Promise((resolve) => setTimeout(resolve, awayMs))
      ;({ child, url } = await startGateway(databasePath))
      proxy.retarget(url)
    },
    async close() {
      await proxy.close()
      child.kill('SIGKILL')
      await child.ended()
    },
  }
}

async function startGateway(databasePath: string): Promise<{ child: Child; url: string }> {
  const child = startChild(new URL('./gateway-process.ts', import.meta.url), databasePath)
  const { url } = (await child.next()) as { url: string }
  return { child, url }
}
