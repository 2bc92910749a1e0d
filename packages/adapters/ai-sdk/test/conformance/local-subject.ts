import { type LocalGatewayOptions, localGateway, startLocalGateway } from '@pincer/local-gateway'
import type { GatewayRun } from '@pincer/protocol'

import { createPincer } from '../../src/index.ts'
import type { Prompts, ProviderSubject } from './subject.ts'
import { watchRuns } from './watch-runs.ts'

const token = 'a-token-that-nobody-sees'
const agent = 'clerk'

/** The marks of the demo model. */
export const demoPrompts: Omit<Prompts, 'own' | 'ask'> = {
  say: (text) => `Say: ${text}`,
  call: (name, input) => `[[tool:${name} ${JSON.stringify(input)}]]`,
  callBoth: ([first, input], [second, other]) =>
    `[[tool:${first} ${JSON.stringify(input)}]] [[tool:${second} ${JSON.stringify(other)}]]`,
  reason: '[[reason]] Say: thought of it',
  length: '[[length]] [[words:20]]',
  filter: '[[filter]] Say: nothing of the kind',
  fail: '[[error:400]]',
  slow: '[[slow:3000]] [[words:200]]',
  long: '[[slow:15]] [[words:60]]',
}

const options: LocalGatewayOptions = {
  databasePath: ':memory:',
  agents: [{ id: agent, model: 'pincer-demo' }],
  tools: [
    {
      name: 'read_tide',
      description: 'Reads the gauge',
      inputSchema: { type: 'object', properties: { sea: { type: 'string' } }, required: ['sea'] },
      execute: ({ sea }) => ({ sea: sea ?? '', tide: 'falling' }),
    },
    {
      name: 'open_sluice',
      description: 'Lets the water out',
      inputSchema: { type: 'object', properties: { gate: { type: 'number' } }, required: ['gate'] },
      execute: () => ({ sluice: 'opened' }),
    },
  ],
  policies: [
    {
      id: 'ask',
      match: { tool: '*_sluice' },
      action: 'require_approval',
      reason: 'a person decides on water',
    },
    { id: 'never', match: { kind: 'model_call', tool: 'forbidden-*' }, action: 'block', reason: 'too dear' },
  ],
}

/** The local gateway with its demo model, in this process or behind a port. */
export async function openLocalSubject(overHttp: boolean): Promise<ProviderSubject> {
  const served = overHttp ? await startLocalGateway({ ...options, port: 0, token }) : undefined
  const open = (): ReturnType<typeof localGateway> =>
    served === undefined ? localGateway(options) : localGateway({ url: served.url, token })
  const gateway = open()
  const others: ReturnType<typeof localGateway>[] = []
  const started: GatewayRun[] = []
  let sessions = 0
  return {
    provider: (settings) => {
      if (served === undefined) return createPincer({ gateway: watchRuns(gateway, started), ...settings })
      const other = open()
      others.push(other)
      return createPincer({ gateway: watchRuns(other, started), ...settings })
    },
    started,
    gateway,
    agent,
    prompts: {
      ...demoPrompts,
      own: 'Read it [[tool:read_tide {"sea":"north"}]]',
      ask: '[[reason]] [[tool:open_sluice {"gate":3}]]',
    },
    ownTool: { name: 'read_tide', answers: 'falling' },
    askedTool: { name: 'open_sluice', answers: 'opened' },
    cannot: [],
    blockedModel: 'forbidden-model',
    embeddingModel: 'text-embedding-demo',
    secret: token,
    newSessionKey: () => `session_${++sessions}`,
    close: async () => {
      for (const other of [...others, gateway]) await other.close()
      await served?.close()
    },
  }
}
