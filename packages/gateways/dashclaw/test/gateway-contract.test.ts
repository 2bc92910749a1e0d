import { describe } from 'vitest'
import { describeGateway } from '@pincer/testing'
import { dashclaw } from '../src/index.ts'
import { startStandIn } from './dashclaw-server.ts'
import { key } from './make-claw.ts'

const guarded = {
  allow: 'look_up',
  warn: 'send_message',
  block: 'deploy_app',
  require_approval: 'fix_things',
} as const
// What servers of 2.0.x are told of the tools: one of their twenty words.
const oldNames: Readonly<Record<string, keyof typeof guarded>> = {
  message: 'warn',
  deploy: 'block',
  fix: 'require_approval',
}

describe.each(['2.0', '2.10'] as const)('a server of %s', (line) => {
  describeGateway('dashclaw', ['events', 'guard', 'approvals'], async () => {
    const server = await startStandIn({
      line,
      policy({ action_type: type }) {
        const found = Object.entries(guarded).find(([, tool]) => tool === type)?.[0] ?? oldNames[String(type)]
        return found === 'allow' ? undefined : (found as 'warn' | 'block' | 'require_approval' | undefined)
      },
    })
    const gateway = dashclaw({ baseUrl: server.url, apiKey: key, agentId: 'contract' })
    return {
      gateway,
      guarded,
      editsArguments: false,
      async close() {
        await server[Symbol.asyncDispose]()
      },
    }
  })
})
