import { fork } from 'node:child_process'

import { findDeadGateway, type GatewayUnderTest, startGateway, startSlowGateway } from './gateways.ts'
import type { Row } from './table.ts'

interface HeapReport {
  readonly grownMb: number
  readonly usPerCall: number
  readonly queued: number
  readonly delivered: number
  readonly dropped: number
}

/** What the heap holds after 20,000 calls of each client, with the gateway up, down and slow. */
export async function measureHeap(): Promise<Row[]> {
  return [...(await measureClient('openai')), ...(await measureClient('anthropic'))]
}

async function measureClient(name: 'openai' | 'anthropic'): Promise<Row[]> {
  const rows: Row[] = []
  const states: Record<string, () => Promise<GatewayUnderTest>> = {
    up: startGateway,
    down: findDeadGateway,
    slow: startSlowGateway,
  }
  for (const [state, start] of Object.entries(states)) {
    const gateway = await start()
    const what = `heap after 20,000 calls of ${name}, gateway ${state}`
    const bare = await runChild(name, 'bare', gateway.url)
    const wrapped = await runChild(name, 'wrapped', gateway.url)
    gateway.stop()
    const counts = `${wrapped.delivered} delivered, ${wrapped.queued} waiting, ${wrapped.dropped} dropped and told`
    rows.push(
      { what, variant: 'bare', value: `${bare.grownMb.toFixed(1)} MB`, added: '', ratio: '' },
      {
        what: counts,
        variant: 'wrapped',
        value: `${wrapped.grownMb.toFixed(1)} MB`,
        added: `${(wrapped.grownMb - bare.grownMb).toFixed(1)} MB`,
        ratio: (wrapped.usPerCall / bare.usPerCall).toFixed(3),
      },
    )
  }
  return rows
}

function runChild(name: string, variant: 'bare' | 'wrapped', gatewayUrl: string): Promise<HeapReport> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL('heap-child.ts', import.meta.url), [name, variant, gatewayUrl], {
      execArgv: ['--conditions=@pincer/source', '--expose-gc'],
    })
    child.once('message', (report) => resolve(report as HeapReport))
    child.once('exit', (code) => reject(new Error(`the heap child ended with ${code}`)))
  })
}
