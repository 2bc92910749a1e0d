// A local gateway that is restarted in the middle, over HTTP, on the same port and file.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createClient } from '@pincer/core'
import { localGateway, type RunningGateway, startLocalGateway } from '@pincer/local-gateway'
import { eventually } from '@pincer/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { gatewayTools, guardHooks, requireApproval } from '../src/index.ts'
import { addCall, addTool, agentOf, ask, readStream, ScriptedModel } from './guard-fixture.ts'

let folder = ''
let running: RunningGateway | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pincer-mastra-'))
})
afterEach(async () => {
  await running?.close()
  await rm(folder, { recursive: true, force: true })
})

async function start(port: number): Promise<RunningGateway> {
  running = await startLocalGateway({
    port,
    databasePath: join(folder, 'gateway.sqlite'),
    policies: [{ id: 'ask', match: { tool: '*add' }, action: 'require_approval' }],
    tools: [
      { name: 'far.add', inputSchema: { type: 'object' }, execute: ({ a, b }) => Number(a) + Number(b) },
    ],
  })
  return running
}

async function restartAndApprove({ port, close }: RunningGateway): Promise<void> {
  const pending = async (gateway: RunningGateway['gateway']) =>
    (await gateway.approvals.list({ status: 'pending' }))[0]?.approvalId
  const approvalId = await eventually(() => pending(running!.gateway))
  await close()
  const { gateway } = await start(port)
  await gateway.approvals.decide(approvalId, { decision: 'approve' })
}

describe('a gateway that is restarted while a person is asked', { timeout: 30_000 }, () => {
  it.each([['hooks'], ['tools of the gateway'], ['suspended']])('goes on: %s', async (way) => {
    const first = await start(0)
    const claw = createClient({ gateway: localGateway({ url: first.url }), guard: { mode: 'enforce' } })
    const inputs: unknown[] = []
    const model = new ScriptedModel(
      [{ ...addCall(), name: way === 'tools of the gateway' ? 'far_add' : 'add' }],
      'Done.',
    )
    const add = addTool(inputs)
    const tools =
      way === 'hooks'
        ? { add }
        : way === 'suspended'
          ? requireApproval(claw, { add })
          : await gatewayTools(claw)
    const agent = agentOf({ model, tools, hooks: guardHooks(claw) })
    const came = ask(agent)
    if (way === 'suspended') await came
    await restartAndApprove(first)
    const { runId } = await came
    if (way === 'suspended') await readStream(agent.approveToolCall({ runId, toolCallId: 'call_1' }))
    expect(model.told).toEqual(['json: 3'])
    expect(await running?.gateway.approvals.list()).toMatchObject([{ status: 'approved' }])
    await claw.close({ timeoutMs: 2_000 })
  })
})
