import { Agent } from '@mastra/core/agent'
import { Mastra } from '@mastra/core'
import { createTool } from '@mastra/core/tools'
import { createWorkflow, createStep } from '@mastra/core/workflows'
import { InMemoryStore } from '@mastra/core/storage'
import { Observability } from '@mastra/observability'
import { z } from 'zod'

const t0 = Date.now()
const seen: any[] = []
let quiet = false
const exporter: any = {
  name: 'dump',
  async exportTracingEvent(e: any) { this.onTracingEvent(e) },
  onTracingEvent(e: any) {
    const s = e.exportedSpan
    seen.push(e)
    if (quiet || s.type === 'model_chunk') return
    const short = (v: any) => JSON.stringify(v)?.slice(0, 420)
    console.log(e.type.slice(5), s.type, s.name, 'id', s.id, 'p', s.parentSpanId, 'tr', s.traceId.slice(0, 6), s.isInternal ? 'INTERNAL' : '', s.isEvent ? 'EVENT' : '')
    if (e.type !== 'span_updated') console.log('    in', short(s.input), 'out', short(s.output), 'attr', short(s.attributes), 'meta', short(s.metadata), 'err', short(s.errorInfo)?.slice(0, 200), 'ent', s.entityType, s.entityId, s.entityName)
  },
  async flush() {}, async shutdown() {},
}
export const bridge: any = {
  name: 'bridge',
  async exportTracingEvent() {},
  onTracingEvent() {},
  createSpan() { return undefined },
  executeInContext(id: string, fn: any) { console.log('   >> ctx', id); return fn() },
  executeInContextSync(id: string, fn: any) { console.log('   >> ctxsync', id); return fn() },
  async flush() {}, async shutdown() {},
}
const usage = (i: number, o: number): any => process.env['V2'] ? { inputTokens: i, outputTokens: o, totalTokens: i + o } : ({ inputTokens: { total: i, noCache: i - 2, cacheRead: 2, cacheWrite: 0 }, outputTokens: { total: o, text: o, reasoning: 0 } })
export class M {
  specificationVersion = process.env['V2'] ? 'v2' : 'v4'
  provider = 'fake.chat'
  modelId = 'fake-1'
  supportedUrls = {}
  turns: any[]
  i = 0
  constructor(turns: any[]) { this.turns = turns }
  parts(o: any): any[] {
    const t = this.turns[Math.min(this.i++, this.turns.length - 1)]
    if (t instanceof Error) throw t
    if (typeof t === 'function') return t(o)
    if (t.tool) return [{ type: 'tool-call', toolCallId: t.id ?? 'call-1', toolName: t.tool, input: JSON.stringify(t.args ?? {}) }]
    return [{ type: 'text', text: t.text }]
  }
  fin(c: any[]) { const r = c.some((x) => x.type === 'tool-call') ? 'tool-calls' : 'stop'; return process.env['V2'] ? r : { unified: r, raw: r } }
  async doGenerate(o: any) {
    const content = await this.parts(o)
    return { content, finishReason: this.fin(content), usage: usage(12, 5), warnings: [], response: { id: 'r1', modelId: 'fake-1-0', timestamp: new Date() } }
  }
  async doStream(o: any) {
    const content = await this.parts(o)
    const self = this
    const stream = new ReadableStream({
      start(c) {
        c.enqueue({ type: 'stream-start', warnings: [] })
        c.enqueue({ type: 'response-metadata', id: 'r1', modelId: 'fake-1-0', timestamp: new Date() })
        for (const p of content) {
          if (p.type === 'text') { c.enqueue({ type: 'text-start', id: '1' }); c.enqueue({ type: 'text-delta', id: '1', delta: p.text }); c.enqueue({ type: 'text-end', id: '1' }) }
          else c.enqueue(p)
        }
        c.enqueue({ type: 'finish', finishReason: self.fin(content), usage: usage(12, 5) })
        c.close()
      },
    })
    return { stream }
  }
}
const add = createTool({ id: 'add', description: 'adds', inputSchema: z.object({ a: z.number(), b: z.number() }), execute: async (i: any) => ({ sum: i.a + i.b }) })
const boom = createTool({ id: 'boom', description: 'b', inputSchema: z.object({}), execute: async () => { throw new RangeError('boom!') } })
const risky = createTool({ id: 'risky', description: 'r', inputSchema: z.object({ a: z.number() }), requireApproval: true, execute: async (i: any) => ({ did: i.a }) })
const sus = createTool({ id: 'sus', description: 's', inputSchema: z.object({}), suspendSchema: z.object({ why: z.string() }), resumeSchema: z.object({ ok: z.boolean() }), execute: async (_i: any, c: any) => { if (!c.agent.resumeData) return c.agent.suspend({ why: 'need' }); return { got: c.agent.resumeData } } })
const slow = createTool({ id: 'slow', description: 's', inputSchema: z.object({}), execute: async (_i: any, c: any) => { await new Promise((r) => setTimeout(r, 100)); return { aborted: c.abortSignal?.aborted } } })
const hooks: any = { beforeToolCall(c: any) { console.log('   == before', c.toolName, Object.keys(c), Object.keys(c.context ?? {}), c.context?.tracingContext?.currentSpan?.id, c.context?.tracingContext?.currentSpan?.type, c.context?.toolCallId, c.context?.agent?.toolCallId); }, afterToolCall(c: any) { console.log('   == after', c.toolName) } }
function make(turns: any[], tools: any = { add }, more: any = {}) {
  const agent = new Agent({ id: 'calc', name: 'Calc', instructions: 'Be brief', model: new M(turns) as any, tools, ...more })
  const mastra = new Mastra({ agents: { calc: agent }, storage: new InMemoryStore(), logger: false, observability: new Observability({ configs: { default: { serviceName: 't', exporters: [exporter], bridge, includeInternalSpans: !!process.env['INT'] } } }), ...more.mastra })
  return { agent: mastra.getAgent('calc'), mastra }
}
const drain = async (s: any) => { for await (const c of s.fullStream) if (!['text-delta', 'step-start'].includes(c.type)) console.log('      chunk', c.type, JSON.stringify(c.payload)?.slice(0, 100)) }
const cases: Record<string, () => Promise<void>> = {
  async tool() {
    const { agent } = make([{ tool: 'add', args: { a: 1, b: 2 } }, { text: 'three' }])
    const s = await agent.stream('1+2?', { hooks, memory: undefined } as any)
    await drain(s); console.log(s.runId, s.traceId)
  },
  async gen() {
    const { agent } = make([{ tool: 'add', args: { a: 1, b: 2 } }, { text: 'three' }])
    const s = await agent.generate('1+2?', { hooks } as any); console.log(s.text, s.runId, s.traceId)
  },
  async boom() { const { agent } = make([{ tool: 'boom' }, { text: 'sorry' }], { boom }); await drain(await agent.stream('x')) },
  async badargs() { const { agent } = make([{ tool: 'add', args: { a: 'x' } }, { text: 'sorry' }]); await drain(await agent.stream('x')) },
  async unknown() { const { agent } = make([{ tool: 'nope', args: { a: 'x' } }, { text: 'sorry' }]); await drain(await agent.stream('x')) },
  async modelfail() { const { agent } = make([new RangeError('down')]); try { await drain(await agent.stream('x', { maxRetries: 0 } as any)) } catch (e) { console.log('thrown', e) } },
  async modelfailgen() { const { agent } = make([new RangeError('down')]); try { await agent.generate('x', { modelSettings: { maxRetries: 0 } } as any) } catch (e) { console.log('thrown', String(e)) } },
  async approve() {
    const { agent } = make([{ tool: 'risky', args: { a: 1 } }, { text: 'done' }], { risky })
    const s = await agent.stream('x', { hooks } as any); await drain(s); console.log('== approving', s.runId)
    await drain(await agent.approveToolCall({ runId: s.runId, toolCallId: 'call-1' }))
  },
  async decline() {
    const { agent } = make([{ tool: 'risky', args: { a: 1 } }, { text: 'done' }], { risky })
    const s = await agent.stream('x'); await drain(s); console.log('== declining', s.runId)
    await drain(await agent.declineToolCall({ runId: s.runId, toolCallId: 'call-1' }))
  },
  async suspend() {
    const { agent } = make([{ tool: 'sus', args: {} }, { text: 'done' }], { sus })
    const s = await agent.stream('x'); await drain(s); console.log('== resuming', s.runId)
    await drain(await agent.resumeStream({ ok: true }, { runId: s.runId, toolCallId: 'call-1' }))
  },
  async suspendgen() {
    const { agent } = make([{ tool: 'risky', args: { a: 1 } }, { text: 'done' }], { risky })
    const s = await agent.generate('x'); console.log('== resuming', s.runId, s.finishReason)
    await (agent as any).approveToolCallGenerate({ runId: s.runId, toolCallId: 'call-1' })
  },
  async abort() {
    const { agent } = make([{ tool: 'slow' }, { text: 'done' }], { slow })
    const ac = new AbortController(); setTimeout(() => ac.abort(), 40)
    await drain(await agent.stream('x', { abortSignal: ac.signal, hooks } as any)); await new Promise((r) => setTimeout(r, 200))
  },
  async abortmodel() {
    const { agent } = make([(o: any) => new Promise((_, rej) => o.abortSignal.addEventListener('abort', () => rej(o.abortSignal.reason)))])
    const ac = new AbortController(); setTimeout(() => ac.abort(), 40)
    await drain(await agent.stream('x', { abortSignal: ac.signal })); await new Promise((r) => setTimeout(r, 200))
  },
  async block() {
    const { agent } = make([{ tool: 'add', args: { a: 1, b: 2 } }, { text: 'no' }])
    await drain(await agent.stream('x', { hooks: { beforeToolCall: () => ({ proceed: false, output: 'no!' }), afterToolCall() { console.log('AFTER') } } } as any))
  },
  async blockthrow() {
    const { agent } = make([{ tool: 'add', args: { a: 1, b: 2 } }, { text: 'no' }])
    await drain(await agent.stream('x', { hooks: { beforeToolCall: () => { throw new Error('blocked') } } } as any))
  },
  async workflow() {
    const { agent } = make([{ text: 'hi' }])
    const s1 = createStep({ id: 's1', inputSchema: z.object({ q: z.string() }), outputSchema: z.object({ a: z.string() }), execute: async ({ inputData, mastra, ...rest }: any) => ({ a: (await mastra.getAgent('calc').generate(inputData.q, { tracingContext: rest.tracingContext })).text }) })
    const s2 = createStep({ id: 's2', inputSchema: z.object({ a: z.string() }), outputSchema: z.object({ b: z.string() }), suspendSchema: z.object({ why: z.string() }), resumeSchema: z.object({ ok: z.boolean() }), execute: async ({ inputData, resumeData, suspend }: any) => { if (!resumeData) return suspend({ why: 'w' }); return { b: inputData.a } } })
    const wf = createWorkflow({ id: 'wf', inputSchema: z.object({ q: z.string() }), outputSchema: z.object({ b: z.string() }) }).then(s1).then(s2).commit()
    const agent2 = new Agent({ id: 'calc', name: 'Calc', instructions: 'Be brief', model: new M([{ text: 'hi' }]) as any })
    const mastra = new Mastra({ agents: { calc: agent2 }, workflows: { wf }, storage: new InMemoryStore(), logger: false, observability: new Observability({ configs: { default: { serviceName: 't', exporters: [exporter], bridge, includeInternalSpans: !!process.env['INT'] } } }) })
    const run = await mastra.getWorkflow('wf').createRun()
    const r = await run.start({ inputData: { q: 'hey' } }); console.log('==', r.status, run.runId, (r as any).traceId)
    const r2 = await run.resume({ step: 's2', resumeData: { ok: true } }); console.log('==', r2.status)
  },
  async wffail() {
    const s1 = createStep({ id: 's1', inputSchema: z.object({}), outputSchema: z.object({}), execute: async () => { throw new TypeError('bad step') } })
    const wf = createWorkflow({ id: 'wf', inputSchema: z.object({}), outputSchema: z.object({}) }).then(s1).commit()
    const mastra = new Mastra({ workflows: { wf }, logger: false, storage: new InMemoryStore(), observability: new Observability({ configs: { default: { serviceName: 't', exporters: [exporter], bridge, includeInternalSpans: !!process.env['INT'] } } }) })
    const run = await mastra.getWorkflow('wf').createRun()
    console.log((await run.start({ inputData: {} })).status)
  },
  async wfcancel() {
    const s1 = createStep({ id: 's1', inputSchema: z.object({}), outputSchema: z.object({}), execute: async ({ abortSignal }: any) => { await new Promise((r) => { abortSignal.addEventListener('abort', r); setTimeout(r, 500) }); return {} } })
    const wf = createWorkflow({ id: 'wf', inputSchema: z.object({}), outputSchema: z.object({}) }).then(s1).commit()
    const mastra = new Mastra({ workflows: { wf }, logger: false, storage: new InMemoryStore(), observability: new Observability({ configs: { default: { serviceName: 't', exporters: [exporter], bridge, includeInternalSpans: !!process.env['INT'] } } }) })
    const run = await mastra.getWorkflow('wf').createRun()
    setTimeout(() => run.cancel(), 40)
    console.log((await run.start({ inputData: {} })).status)
  },
  async sub() {
    const inner = new Agent({ id: 'inner', name: 'Inner', description: 'inner agent', instructions: 'x', model: new M([{ text: 'inner says' }]) as any })
    const { agent } = make([{ tool: 'agent-inner', args: { prompt: 'hey' } }, { text: 'ok' }], {}, { agents: { inner } })
    await drain(await agent.stream('x'))
  },
  async parallel() {
    const { agent } = make([() => [{ type: 'tool-call', toolCallId: 'c1', toolName: 'add', input: '{"a":1,"b":2}' }, { type: 'tool-call', toolCallId: 'c2', toolName: 'add', input: '{"a":3,"b":2}' }], { text: 'done' }])
    await drain(await agent.stream('x'))
  },
  async early() {
    const { agent } = make([{ text: 'hello' }])
    const s = await agent.stream('x'); for await (const _ of s.fullStream) break
    await new Promise((r) => setTimeout(r, 100))
  },
}
const c = cases[process.argv[2]!]!
await c()
console.log(Date.now() - t0, 'ms')
