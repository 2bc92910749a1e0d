import { Agent } from '@mastra/core/agent'
import { Mastra } from '@mastra/core'
import { MastraModelGateway } from '@mastra/core/llm'
import { InMemoryStore } from '@mastra/core/storage'
import { Observability } from '@mastra/observability'
import { createClient } from '@pincer/core'
import { createPincer } from '@pincer/ai-sdk'
import { startLocalGateway, localGateway } from '@pincer/local-gateway'
import { AsyncLocalStorage } from 'node:async_hooks'
const running = await startLocalGateway({ port: 0, databasePath: '/tmp/t-mastra-b.db' } as any).catch((e: unknown) => { console.log(e); process.exit(1) })
const claw = createClient({ gateway: localGateway({ url: running.url }) as any })
const exporter: any = { name: 'dump', async exportTracingEvent(e: any) { this.onTracingEvent(e) }, onTracingEvent(e: any) { const s = e.exportedSpan; if (/model_(step|inf)|agent/.test(s.type)) console.log(e.type, s.type, s.id, JSON.stringify(s.input)?.slice(0, 500), JSON.stringify(s.attributes)?.slice(0, 400), JSON.stringify(s.output)?.slice(0, 200)) }, async flush() {}, async shutdown() {} }
const run = claw.startRun({ name: 'outer' })
const bridge: any = { name: 'b', async exportTracingEvent() {}, onTracingEvent() {}, createSpan() { return undefined }, executeInContext(id: string, fn: any) { return run.within(fn) }, executeInContextSync(id: string, fn: any) { return run.within(fn) }, async flush() {}, async shutdown() {} }
class G extends MastraModelGateway {
  readonly id = 'pincer'; readonly name = 'Pincer'
  async fetchProviders() { return { pincer: { name: 'Pincer', models: ['main', 'demo'], apiKeyEnvVar: [], gateway: 'pincer' } } }
  buildUrl() { return undefined as any } async getApiKey() { return '' }
  resolveLanguageModel(a: any) { console.log('RESOLVE', JSON.stringify(a)); return createPincer({ claw })(a.modelId) as any }
}
const agents = await claw.gateway.agents!.list(); console.log(agents.map((a: any) => a.agentId))
const id = agents[0]!.agentId
const agent = new Agent({ id: 'x', name: 'X', instructions: 'i', model: (process.argv[2] ?? `pincer/${id}`) as any })
const mastra = new Mastra({ agents: { x: agent }, gateways: { pincer: new G() } as any, logger: false, storage: new InMemoryStore(), observability: new Observability({ configs: { default: { serviceName: 't', exporters: [exporter], bridge } } }) })
const s = await mastra.getAgent('x').stream('say hello', {})
let t = ''
for await (const c of s.fullStream) { if (c.type === 'text-delta') t += (c as any).payload.text; else console.log('chunk', c.type, JSON.stringify(c.payload)?.slice(0, 150)) }
console.log('TEXT', t, JSON.stringify(await s.usage))
run.end(); await claw.close(); await running.close()
