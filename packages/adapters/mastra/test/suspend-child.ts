// One process of a program whose tools need approval: it starts an agent, or goes on with it, and ends.
import { join } from 'node:path'

import { LibSQLStore } from '@mastra/libsql'
import { createClient } from '@pincer/core'
import { localGateway } from '@pincer/local-gateway'

import { requireApproval } from '../src/index.ts'
import { addCall, addTool, agentOf, ask, readStream, ScriptedModel } from './guard-fixture.ts'

interface Told {
  readonly runId?: string
  readonly approve?: boolean
  readonly reason?: string
  /** What the gateway is told before the run is gone on with. */
  readonly gateway?: 'approve' | 'deny'
  readonly args?: object
}

const [folder = '', text = '{}'] = process.argv.slice(2)
const { runId, approve, reason, gateway: said, args } = JSON.parse(text) as Told
const gateway = localGateway({
  databasePath: join(folder, 'gateway.sqlite'),
  policies: [{ id: 'ask', match: { tool: 'add' }, action: 'require_approval' }],
})
const claw = createClient({ gateway, guard: { mode: 'enforce', approvalTimeoutMs: 1_000 } })
const storage = new LibSQLStore({ id: 'store', url: `file:${join(folder, 'mastra.sqlite')}` })
const inputs: unknown[] = []
const model = new ScriptedModel(
  [args === undefined ? addCall() : { id: 'call_1', name: 'add', args }],
  'Done.',
)
const tools = requireApproval(claw, { add: addTool(inputs) }, { decidedBy: 'ada' })
const agent = agentOf({ model, tools, storage })

if (said !== undefined) {
  const [pending] = (await gateway.approvals?.list({ status: 'pending' })) ?? []
  await gateway.approvals?.decide(pending?.approvalId ?? '', {
    decision: said,
    reason: 'said at the gateway',
  })
}
const about = { runId: runId ?? '', toolCallId: 'call_1' }
const came =
  runId === undefined
    ? await ask(agent)
    : await readStream(
        approve === true
          ? agent.approveToolCall(about)
          : agent.declineToolCall({ ...about, ...(reason !== undefined && { reason }) }),
      )
await claw.flush()
const approvals = await gateway.approvals?.list()
const stats = claw.stats()
await claw.close()
console.log(JSON.stringify({ came, inputs, told: model.told, approvals, stats }))
