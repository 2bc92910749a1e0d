// Makes a client, opens things and leaves them open, and has nothing else to do.
import { createClient } from '@pincer/core'
import { sqliteOutbox } from '@pincer/core/durable'
import { httpGateway } from '../http-gateway.ts'

const { URL: url = '', OUTBOX: path = '', OPEN: open } = process.env
const claw = createClient({
  gateway: httpGateway(url),
  outbox: { store: sqliteOutbox({ path }) },
  guard: { mode: 'observe' },
})
if (open !== undefined) {
  const run = claw.startRun()
  run.pause({ approvalId: 'a', name: 'x' })
  claw.startModelCall({ provider: 'p', model: 'm' }).awaitReader()
}
