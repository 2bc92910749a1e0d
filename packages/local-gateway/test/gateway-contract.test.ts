import type { Gateway } from '@pincer/protocol'
import { describeGateway, type GatewayPart, type GatewaySubject } from '@pincer/testing'
import { readAddress } from '../src/client/address.ts'
import { createHttpGateway } from '../src/client/http-gateway.ts'
import { openHttp } from '../src/http-fetch.ts'
import { localGateway } from '../src/local-gateway.ts'
import type { LocalGatewayOptions } from '../src/options.ts'
import { startLocalGateway } from '../src/start-local-gateway.ts'
import type { RegisteredTool } from '../src/tools/registered-tool.ts'

const everyPart: readonly GatewayPart[] = [
  'events',
  'stream',
  'runs',
  'guard',
  'approvals',
  'agents',
  'sessions',
  'tools',
  'models',
  'embeddings',
]

const inputSchema = { type: 'object', properties: { left: { type: 'number' }, right: { type: 'number' } } }

function tool(name: string, execute: RegisteredTool['execute']): RegisteredTool {
  return { name, inputSchema, execute }
}

const options: LocalGatewayOptions = {
  databasePath: ':memory:',
  policies: [
    { id: 'warn', match: { tool: 'contract.warn' }, action: 'warn' },
    { id: 'block', match: { tool: 'contract.block' }, action: 'block', reason: 'too sharp' },
    { id: 'ask', match: { tool: 'contract.ask' }, action: 'require_approval' },
  ],
  agents: [{ id: 'tester', instructions: 'Answer briefly.', tools: [] }],
  tools: [
    tool('contract.add', ({ left, right }) => ({ sum: Number(left) + Number(right) })),
    tool('contract.fail', () => {
      throw new Error('broken on purpose')
    }),
    tool('contract.block', () => 'never'),
    tool('contract.ask', () => 'asked'),
  ],
}

const subject: Omit<GatewaySubject, 'gateway' | 'close'> = {
  guarded: {
    allow: 'contract.allow',
    warn: 'contract.warn',
    block: 'contract.block',
    require_approval: 'contract.ask',
  },
  agent: {
    agentId: 'tester',
    plain: { input: 'Say hello from the agent', answer: 'hello from the agent' },
    slow: '[[slow:60000]] Say never',
    clientTool: '[[tool:lookup {"word":"crab"}]]',
    failing: '[[error:400]]',
    otherModel: { model: 'pincer-demo-reasoning', answeredBy: 'pincer-demo-reasoning' },
  },
  tool: {
    name: 'contract.add',
    input: { left: 2, right: 3 },
    output: { sum: 5 },
    failing: 'contract.fail',
    blocked: 'contract.block',
    asking: 'contract.ask',
  },
}

describeGateway('local, in process', everyPart, async () => ({
  ...subject,
  gateway: localGateway(options),
  close: async () => {},
}))

describeGateway('local, over fetch', everyPart, async () => {
  const running = await startLocalGateway({ ...options, port: 0 })
  const open = (): Gateway => createHttpGateway(readAddress({ url: running.url }), openHttp())
  return { ...subject, gateway: open(), openAnother: async () => open(), close: () => running.close() }
})

describeGateway('local, over HTTP', everyPart, async () => {
  const token = 'a-token-for-the-contract'
  const running = await startLocalGateway({ ...options, port: 0, token })
  const open = (): Gateway => localGateway({ url: running.url, token })
  return { ...subject, gateway: open(), openAnother: async () => open(), close: () => running.close() }
})
