// Records COUNT runs on the gateway at URL, with what else the environment asks for, and comes to its end.
import { createClient } from '@pincer/core'
import { sqliteOutbox } from '@pincer/core/durable'
import { httpGateway } from '../http-gateway.ts'

const {
  URL: url = '',
  COUNT: count = '10',
  OUTBOX: path,
  END: end,
  EXIT_TIMEOUT: exitTimeoutMs,
  NAME: name = 'run',
} = process.env
const claw = createClient({
  gateway: httpGateway(url),
  ...(exitTimeoutMs === undefined ? {} : { exitTimeoutMs: Number(exitTimeoutMs) }),
  ...(path === undefined
    ? {}
    : { outbox: { store: sqliteOutbox({ path, onError: console.error }), intervalMs: 20 } }),
  onDrop: ({ reason, count }) => process.stdout.write(`${JSON.stringify({ dropped: count, reason })}\n`),
})
for (let index = 0; index < Number(count); index++) {
  const run = claw.startRun({ runId: `${name} ${index}` })
  run.startModelCall({ provider: 'p', model: 'm' }).end()
  run.end()
}
process.stdout.write('recorded\n')
if (end === 'late') {
  process.once('beforeExit', () => {
    claw.startRun({ runId: 'late' }).end()
    setTimeout(() => claw.startRun({ runId: 'later' }).end(), 50)
  })
}
if (end === 'exit') process.exit(0)
if (end === 'throw') throw new Error('the host broke')
if (end === 'close') await claw.close()
if (end === 'flush') await claw.flush()
if (end === 'kill') process.kill(process.pid, 'SIGKILL')
if (end === 'wait') setInterval(() => {}, 1_000)
process.on('exit', () => {
  const { queued, delivered, dropped } = claw.stats()
  process.stdout.write(`${JSON.stringify({ queued, delivered, dropped })}\n`)
})
