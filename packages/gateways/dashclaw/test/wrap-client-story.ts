import { registerHooks } from 'node:module'
import { DashClaw } from '../src/index.ts'

// Where the adapters are not installed.
registerHooks({
  resolve(specifier, context, next) {
    if (!specifier.startsWith('@pincer/anthropic') && !specifier.startsWith('@pincer/openai'))
      return next(specifier, context)
    throw Object.assign(new Error(`Cannot find package '${specifier}'`), { code: 'ERR_MODULE_NOT_FOUND' })
  },
})

const claw = new DashClaw({ baseUrl: 'http://localhost:1', apiKey: 'oc_live_1', agentId: 'story' })
const openai = { chat: { completions: { create: () => undefined } } }
const anthropic = { messages: { create: () => undefined } }
for (const client of [openai, anthropic]) {
  await claw.wrapClient(client).catch((error: unknown) => console.log(String(error)))
}
