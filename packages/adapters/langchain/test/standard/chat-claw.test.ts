import { localGateway, startLocalGateway } from '@pincer/local-gateway'

import { ChatClaw } from '../../src/chat.ts'
import { describeChatModel } from './describe-chat-model.ts'
import type { ChatModelSubject, Prompts } from './subject.ts'

const token = 'a-token-that-nobody-sees'
const agent = 'clerk'

/** The marks of the demo model. */
const prompts: Prompts = {
  say: (text) => `Say: ${text}`,
  call: (name, input) => `[[tool:${name} ${JSON.stringify(input)}]]`,
  callBoth: ([first, input], [second, other]) =>
    `[[tool:${first} ${JSON.stringify(input)}]] [[tool:${second} ${JSON.stringify(other)}]]`,
  slow: '[[slow:3000]] [[words:200]]',
  long: '[[slow:15]] [[words:60]]',
}

async function open(overHttp: boolean): Promise<ChatModelSubject> {
  const options = { databasePath: ':memory:', agents: [{ id: agent, tools: [] }] }
  const served = overHttp ? await startLocalGateway({ ...options, port: 0, token }) : undefined
  const gateway = served === undefined ? localGateway(options) : localGateway({ url: served.url, token })
  return {
    model: (more) => new ChatClaw({ gateway, agent, ...more }),
    gatewayName: gateway.name,
    agent,
    prompts,
    cannot: ['stop', 'image', 'audio', 'file'],
    runCount: async () => (await gateway.runs.list({ limit: 200 })).items.length,
    secret: token,
    close: async () => {
      await gateway.close()
      await served?.close()
    },
  }
}

describeChatModel('ChatClaw on the local gateway', () => open(false))
describeChatModel('ChatClaw on the local gateway over HTTP', () => open(true))
