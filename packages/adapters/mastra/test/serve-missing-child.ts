// A program where the SDK of MCP is not installed.
import { registerHooks } from 'node:module'

import { createTool } from '@mastra/core/tools'
import { createClient } from '@pincer/core'
import { localGateway } from '@pincer/local-gateway'

registerHooks({
  resolve(specifier, context, next) {
    // The local gateway has its own.
    const isOurs = context.parentURL?.includes('/src/serve') === true
    if (!isOurs || !specifier.startsWith('@modelcontextprotocol/')) return next(specifier, context)
    throw Object.assign(new Error(`Cannot find package '${specifier}'`), { code: 'ERR_MODULE_NOT_FOUND' })
  },
})
const { serveTools } = await import('../src/serve.ts')

const crab = createTool({ id: 'crab', description: 'Says what a crab is.', execute: async () => 'a crab' })
const claw = createClient({
  gateway: localGateway({ databasePath: ':memory:', agents: [{ id: 'main' }] }),
})
const served = serveTools({ crab }, claw)
const { text } = await served.run({ agentId: 'main', input: '[[tool:crab {}]]' })
const failures = await Promise.allSettled([served.listen(), served.connectStdio()])
const told = failures.map((failure) => (failure.status === 'rejected' ? failure.reason : undefined) as Error)
console.log(JSON.stringify({ text, told: told.map(({ message }) => message) }))
await claw.close()
