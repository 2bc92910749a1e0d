import { fork } from 'node:child_process'

import type { Row } from '../table.ts'
import { startFastGateway } from './gateway-process.ts'

/** What the heap holds after 10,000, 50,000 and 100,000 events of runs that have ended: flat where nothing is kept of them. */
export async function measureRunHeap(): Promise<Row[]> {
  const gateway = await startFastGateway()
  const samples = await new Promise<{ events: number; grownMb: number }[]>((resolve, reject) => {
    const child = fork(new URL('run-heap-child.ts', import.meta.url), [gateway.url], {
      execArgv: ['--conditions=@pincer/source', '--expose-gc'],
    })
    child.once('message', (report) => resolve(report as { events: number; grownMb: number }[]))
    child.once('exit', (code) => reject(new Error(`the heap child ended with ${code}`)))
  })
  gateway.stop()
  const first = samples[0]?.grownMb ?? 0
  return samples.map(({ events, grownMb }, index) => ({
    what: `OpenClaw: heap after ${events.toLocaleString('en')} events`,
    variant: 'pincer, normalized, one reader',
    value: `${grownMb.toFixed(1)} MB`,
    added: index === 0 ? '' : `${(grownMb - first).toFixed(1)} MB`,
    ratio: '',
  }))
}
