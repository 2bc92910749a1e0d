import { createInterface } from 'node:readline/promises'

import { createClient } from '@pincer/core'
import { localGateway, startLocalGateway } from '@pincer/local-gateway'

import { runParcelAgent } from './agent.ts'
import { runLines } from './run-lines.ts'

// Mastra counts how it is used, unless it is told not to.
process.env['MASTRA_TELEMETRY_DISABLED'] ??= '1'

// A gateway of this machine with a tool of its own, which asks a person before money leaves; its scripted demo model answers
// where there is no key.
const server = await startLocalGateway({
  port: 0,
  databasePath: ':memory:',
  tools: [
    {
      name: 'look_up_parcel',
      description: 'Looks up where a parcel is.',
      inputSchema: { type: 'object', properties: { parcel: { type: 'integer' } }, required: ['parcel'] },
      execute: ({ parcel }) => `Parcel ${JSON.stringify(parcel)} was lost by Snail Mail.`,
    },
  ],
  policies: [
    {
      id: 'ask-for-refunds',
      match: { tool: 'refund_*' },
      action: 'require_approval',
      reason: 'refunds cost money',
    },
  ],
})
const { OPENAI_API_KEY: key, OPENAI_BASE_URL: url, OPENAI_MODEL: ownModel } = process.env
const isReal = key !== undefined || url !== undefined
const address = {
  baseURL: url ?? (isReal ? 'https://api.openai.com/v1' : `${server.url}/demo/v1`),
  apiKey: key ?? 'none',
  model: isReal ? (ownModel ?? 'gpt-5-mini') : 'pincer-demo',
}

const claw = createClient({ gateway: localGateway({ url: server.url }), guard: { mode: 'enforce' } })
const stop = new AbortController()
const person = decideApprovals(stop.signal).catch(() => {})

const question = process.argv.slice(2).join(' ') || 'Look up parcel 1007, then refund order 1007.'
console.log(`> ${question}\n${await runParcelAgent(claw, address, question)}\n`)
await claw.flush()
stop.abort()
await person

const { items } = await server.gateway.runs.list()
const root = items.find(({ parentRunId }) => parentRunId === undefined)
const tree = root && (await server.gateway.runs.get(root.runId))
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
