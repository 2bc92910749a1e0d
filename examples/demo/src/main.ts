import { mkdirSync, rmSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'

import { Anthropic } from '@anthropic-ai/sdk'
import { ChatOpenAI } from '@langchain/openai'
import { wrapAnthropic } from '@pincer/anthropic'
import { createClient } from '@pincer/core'
import { localGateway, startLocalGateway } from '@pincer/local-gateway'
import { wrapOpenAI } from '@pincer/openai'
import { OpenAI } from 'openai'

import { runAgent } from './agent.ts'
import { drawLiveTree } from './live-tree.ts'
import { allowApprovals } from './operator.ts'
import { runTreeLines } from './run-tree-lines.ts'
import { lookUpParcel, refundParcel } from './tools.ts'

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })
const live = process.stdout.isTTY && !values.json
const say = (line: string): void => {
  if (!values.json) console.log(line)
}

const folder = resolve(import.meta.dirname, '../.pincer')
const databasePath = resolve(folder, 'demo.sqlite')
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })

const server = await startLocalGateway({
  port: 0,
  databasePath,
  // The scripted model is free; a price of its own shows how cost is counted.
  prices: { 'pincer-demo': { inputPerMillion: 0.25, outputPerMillion: 2 } },
  // The gateway's own agent, which the AI SDK uses as a model.
  agents: [{ id: 'clerk', name: 'parcel clerk' }],
  tools: [lookUpParcel, refundParcel],
  policies: [
    {
      id: 'keep-customers',
      match: { tool: 'delete_*' },
      action: 'block',
      reason: 'customers are never deleted by an agent',
    },
    {
      id: 'ask-for-refunds',
      match: { tool: 'refund_*' },
      action: 'require_approval',
      reason: 'refunds cost money',
    },
  ],
})
say(`The local gateway listens on ${server.url}`)

const { OPENAI_API_KEY: key, OPENAI_BASE_URL: address, OPENAI_MODEL: ownModel } = process.env
const isReal = key !== undefined || address !== undefined
const model = isReal ? (ownModel ?? 'gpt-5-mini') : 'pincer-demo'
const {
  ANTHROPIC_API_KEY: anthropicKey,
  ANTHROPIC_BASE_URL: anthropicUrl,
  ANTHROPIC_MODEL: claude,
} = process.env
const isRealClaude = anthropicKey !== undefined || anthropicUrl !== undefined
const anthropicModel = isRealClaude ? (claude ?? 'claude-opus-5') : 'pincer-demo'
say(`The model is ${model}${isReal ? '' : ': scripted, part of the gateway, no key needed'}`)

const claw = createClient({
  gateway: localGateway({ url: server.url }),
  agentId: 'support',
  sessionKey: 'demo',
  guard: { mode: 'enforce' },
})
const apiKey = key ?? 'none'
const configuration = isReal ? {} : { baseURL: `${server.url}/demo/v1` }
const openai = wrapOpenAI(new OpenAI({ apiKey, ...configuration }), claw)
const anthropic = wrapAnthropic(
  new Anthropic({
    apiKey: anthropicKey ?? 'none',
    ...(isRealClaude ? {} : { baseURL: `${server.url}/demo` }),
  }),
  claw,
)
const langchain = new ChatOpenAI({ model, apiKey, configuration })

const mastra = {
  baseURL: isReal ? (address ?? 'https://api.openai.com/v1') : `${server.url}/demo/v1`,
  apiKey,
  model,
}
// Mastra counts how it is used, unless it is told not to.
process.env['MASTRA_TELEMETRY_DISABLED'] ??= '1'

const stop = new AbortController()
const notes: string[] = []
const note = live ? (line: string) => void notes.push(line) : say
const operator = allowApprovals(server.gateway, note, stop.signal)
const stopDrawing = live ? drawLiveTree(server.gateway, process.stdout, notes) : undefined

const runId = await runAgent(claw, { model, openai, anthropic, anthropicModel, langchain, mastra })
await claw.flush()
await stopDrawing?.()
stop.abort()
await operator

const tree = await server.gateway.runs.get(runId)
if (tree === undefined) throw new Error(`the gateway has no record of run ${runId}`)
const stats = claw.stats()
if (values.json) console.log(JSON.stringify({ run: tree, stats }, undefined, 2))
else {
  for (const line of [...notes, '', ...runTreeLines(tree, live)]) console.log(line)
  if (!isReal || !isRealClaude) console.log('\nThe cost is at a price made up for the demo model.')
  console.log(`\n${stats.delivered} events recorded, ${stats.dropped + stats.rejected} lost.`)
  const file = relative(process.cwd(), databasePath)
  console.log(`The record lies in ${file}; look at it again with`)
  console.log(`  ./pnpmw gateway --database ${file}`)
  console.log(`  curl http://127.0.0.1:7462/v1/runs/${runId}`)
}
await claw.close()
await server.close()
