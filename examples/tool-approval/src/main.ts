import { createInterface } from 'node:readline/promises'

import { createClient } from '@pincer/core'
import { localGateway, startLocalGateway } from '@pincer/local-gateway'

// The gateway asks a person before an e-mail leaves, and forbids deleting altogether.
const server = await startLocalGateway({
  port: 0,
  databasePath: ':memory:',
  policies: [
    {
      id: 'ask-before-mail',
      match: { tool: 'send_mail' },
      action: 'require_approval',
      reason: 'a customer will read it',
    },
    {
      id: 'never-delete',
      match: { tool: 'delete_*' },
      action: 'block',
      reason: 'nothing is deleted by an agent',
    },
  ],
})
const claw = createClient({ gateway: localGateway({ url: server.url }), guard: { mode: 'enforce' } })

/** Any function becomes a guarded tool like this: start, authorize, act, end. */
async function callTool<Input>(
  name: string,
  input: Input,
  act: (input: Input) => Promise<string>,
): Promise<string> {
  const call = claw.startToolCall({ name, input })
  const permission = await call.authorize()
  try {
    const output = await act(permission.input as Input)
    call.end({ output })
    return output
  } catch (error) {
    call.fail(error)
    throw error
  }
}

/** The person: at a terminal you are asked, elsewhere the example says yes. */
async function decideApprovals(signal: AbortSignal): Promise<void> {
  for await (const event of server.gateway.events.stream({ signal })) {
    if (event.type !== 'approval.requested') continue
    const { approvalId, name, input, reason } = event.data
    const question = `Allow ${name} ${JSON.stringify(input)}? (${reason}) [y/n] `
    const terminal = process.stdin.isTTY ? createInterface(process.stdin, process.stdout) : undefined
    const answer = terminal === undefined ? 'y' : await terminal.question(question)
    terminal?.close()
    if (terminal === undefined) console.log(`${question}${answer}`)
    const decision = answer.toLowerCase().startsWith('y') ? 'approve' : 'deny'
    await server.gateway.approvals.decide(approvalId, { decision, decidedBy: 'example' })
  }
}

const stop = new AbortController()
const person = decideApprovals(stop.signal).catch(() => {})

await claw.run({ name: 'answer a customer' }, async () => {
  const mail = { to: 'Ada', text: 'Your order is on its way.' }
  const tools = {
    send_mail: () => callTool('send_mail', mail, async ({ to }) => `sent to ${to}`),
    delete_customer: () => callTool('delete_customer', { name: 'Ada' }, async () => 'deleted'),
  }
  for (const [name, call] of Object.entries(tools)) {
    console.log(`${name}: ${await call().catch((error: Error) => error.message)}`)
  }
})

stop.abort()
await person
await claw.close()
await server.close()
