// Records a run with nobody listening to faults, on a gateway that FAILS in some way, and comes to its end.
import { createClient } from '@pincer/core'
import { GatewayError, PincerError } from '@pincer/protocol'

const { FAILS: fails, LISTENS: listens, END: end } = process.env
const claw = createClient({
  gateway: {
    name: 'deaf',
    events: {
      append(events) {
        if (fails === 'closed') return Promise.reject(new PincerError('closed', 'the gateway is closed'))
        if (fails === 'down')
          return Promise.reject(new GatewayError('no answer from http://me:hunter2secret@127.0.0.1:9/'))
        const status = fails === 'refused' ? 'rejected' : 'accepted'
        return Promise.resolve(events.map(({ id }) => ({ id, status })))
      },
    },
    close: () => Promise.resolve(),
  },
  outbox: { baseMs: 20, maxMs: 50, intervalMs: 20 },
  exitTimeoutMs: 300,
  ...(listens === undefined ? {} : { onDrop: () => {} }),
})
claw.startRun().end()
if (end === 'close') await claw.close({ timeoutMs: 300 })
process.on('exit', () => {
  const { queued, dropped, rejected } = claw.stats()
  process.stdout.write(JSON.stringify({ queued, dropped, rejected }))
})
