// One process of a program whose guard asks durably: it starts an agent, or goes on with it, and ends.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'

import { Command, MemorySaver } from '@langchain/langgraph'
import { createClient } from '@pincer/core'
import { localGateway } from '@pincer/local-gateway'
import { createAgent } from 'langchain'

import { guardMiddleware } from '../src/guard.ts'
import { PincerCallbackHandler } from '../src/index.ts'
import { addCall, addTool, question, ScriptedModel } from './guard-fixture.ts'

const [folder = '', answer] = process.argv.slice(2)
const path = join(folder, 'checkpoints')
const checkpointer = new MemorySaver()
if (existsSync(path)) {
  const { storage, writes } = deserialize(readFileSync(path)) as Pick<MemorySaver, 'storage' | 'writes'>
  Object.assign(checkpointer.storage, storage)
  Object.assign(checkpointer.writes, writes)
}

const gateway = localGateway({
  databasePath: join(folder, 'gateway.sqlite'),
  policies: [{ id: 'ask', match: { tool: 'add' }, action: 'require_approval' }],
})
const claw = createClient({ gateway, guard: { mode: 'enforce' } })
const inputs: unknown[] = []
const agent = createAgent({
  model: new ScriptedModel([addCall()], 'Done.'),
  tools: [addTool(inputs)],
  middleware: [guardMiddleware(claw, { durable: true })],
  checkpointer,
})
const config = {
  configurable: { thread_id: 'thread-1' },
  callbacks: [new PincerCallbackHandler(claw)],
}
const input = answer === undefined ? question : new Command({ resume: JSON.parse(answer) as unknown })
const { messages } = await agent.invoke(input as typeof question, config)
writeFileSync(path, serialize({ storage: { ...checkpointer.storage }, writes: { ...checkpointer.writes } }))
const approvals = await gateway.approvals?.list()
await claw.close()
console.log(JSON.stringify({ said: messages.at(-1)?.text, inputs, approvals }))
