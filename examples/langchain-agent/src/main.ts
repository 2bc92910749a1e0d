import { createInterface } from 'node:readline/promises'

import { ChatOpenAI } from '@langchain/openai'
import { createClient } from '@pincer/core'
import { localGateway, startLocalGateway } from '@pincer/local-gateway'

import { runOrderAgent } from './agent.ts'
import { runLines } from './run-lines.ts'

// A gateway of this machine that asks a person before money leaves; its scripted demo model answers where there is no key.
const server = await startLocalGateway({
  port: 0,
  databasePath: ':memory:',
  policies: [
    {
      id: 'ask-for-refunds',
      match: { tool: 'refund_*' },
      action: 'require_approval',
      reason: 'refunds cost money',
    },
  ],
})
const { OPENAI_API_KEY: key, OPENAI_BASE_URL: address, OPENAI_MODEL: ownModel } = process.env
const isReal = key !== undefined || address !== undefined
const model = new ChatOpenAI({
  model: isReal ? (ownModel ?? 'gpt-5-mini') : 'pincer-demo',
  apiKey: key ?? 'none',
  ...(isReal ? {} : { configuration: { baseURL: `${server.url}/demo/v1` } }),
})

const claw = createClient({ gateway: localGateway({ url: server.url }), guard: { mode: 'enforce' } })
const stop = new AbortController()
const person = decideApprovals(stop.signal).catch(() => {})

const question = process.argv.slice(2).join(' ') || 'Look up order 1007, then refund order 1007.'
console.log(`> ${question}\n${await runOrderAgent(claw, model, question)}\n`)
await claw.flush()
stop.abort()
await person

const { items } = await server.gateway.runs.list()
const tree = items[0] && (await server.gateway.runs.get(items[0].runId))
if (tree !== undefined) console.log(runLines(tree).join('\n'))
await claw.close()
await server.close()

/** The person: at a terminal you are asked, elsewhere the example says yes. */
async function decideApprovals(signal: AbortSignal): Promise<void> {
  for await (const event of server.gateway.events.stream({ signal })) {
    if (event.type !== 'approval.requested') continue
    const { approvalId, name, input, reason } = event.data
    const asked = `Allow ${name} ${JSON.stringify(input)}? (${reason}) [y/n] `
    const terminal = process.stdin.isTTY ? createInterface(process.stdin, process.stdout) : undefined
    const answer = terminal === undefined ? 'y' : await terminal.question(asked)
    terminal?.close()
    if (terminal === undefined) console.log(`${asked}${answer}`)
    const decision = answer.toLowerCase().startsWith('y') ? 'approve' : 'deny'
    await server.gateway.approvals.decide(approvalId, { decision, decidedBy: 'example' })
  }
}
