import { fork } from 'node:child_process'

import type { Row } from '../table.ts'

interface HeapReport {
  readonly grownMb: number
  readonly mostOpen: number
  readonly delivered: number
  readonly dropped: number
}

/** What the heap holds after 5,000 streams whose reader stopped: nothing of them, since LangChain never says that they ended. */
export async function measureAbandonedStreams(): Promise<Row[]> {
  const bare = await runChild('bare')
  const watched = await runChild('watched')
  return [
    {
      what: 'LangChain: heap after 5,000 abandoned streams',
      variant: 'bare',
      value: `${bare.grownMb.toFixed(2)} MB`,
      added: '',
      ratio: '',
    },
    {
      what: `${watched.mostOpen} open at most, ${watched.delivered} delivered, ${watched.dropped} dropped`,
      variant: 'pincer',
      value: `${watched.grownMb.toFixed(2)} MB`,
      added: `${(watched.grownMb - bare.grownMb).toFixed(2)} MB`,
      ratio: '',
    },
  ]
}

function runChild(variant: 'bare' | 'watched'): Promise<HeapReport> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL('abandoned-child.ts', import.meta.url), [variant], {
      execArgv: ['--conditions=@pincer/source', '--expose-gc'],
    })
    child.once('message', (report) => resolve(report as HeapReport))
    child.once('exit', (code) => reject(new Error(`the heap child ended with ${code}`)))
  })
}
