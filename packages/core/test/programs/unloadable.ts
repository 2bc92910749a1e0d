// Records one run while what delivers it cannot be loaded: FAILURES times, or ever.
import { registerHooks } from 'node:module'
import { createClient } from '@pincer/core'

let failures = Number(process.env['FAILURES'] ?? Infinity)
registerHooks({
  resolve(specifier, context, next) {
    if (/\bdelivery\b/.test(specifier) && failures-- > 0) throw new Error('no such file')
    return next(specifier, context)
  },
})

let received = 0
const told: string[] = []
const claw = createClient({
  gateway: {
    name: 'here',
    events: {
      append(events) {
        received += events.length
        return Promise.resolve(events.map(({ id }) => ({ id, status: 'accepted' })))
      },
    },
    close: () => Promise.resolve(),
  },
  outbox: { baseMs: 20, maxMs: 100 },
  exitTimeoutMs: 600,
  onError: (error, where) => told.push(`${where}: ${String(error)}`),
})
claw.startRun().end()
process.on('exit', () => {
  const { delivered, dropped, queued } = claw.stats()
  process.stdout.write(JSON.stringify({ received, told, delivered, dropped, queued }))
})
