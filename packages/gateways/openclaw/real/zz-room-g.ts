import { RealGateway } from './real-gateway.ts'
import { closeSuiteFolder, openSuiteFolder } from './suite-folder.ts'
import { openclaw } from '../src/gateway/openclaw-gateway.ts'
openSuiteFolder()
process.once('exit', closeSuiteFolder)
const gateway = await RealGateway.start()
const { url, token } = gateway
const a = openclaw({ url, token })
const b = openclaw({ url, token })
const show = (name: string, value: unknown) => console.log(name, JSON.stringify(value).slice(0, 1500))
const types = async (run: any) => { const list: any[] = []; for await (const e of run.events()) list.push(e); return list.map((e) => [e.seq, e.type, e.data?.toolCallId ?? e.data?.approvalId ?? e.data?.text ?? e.data?.name ?? ''].join(' ')) }
try {
  const { OpenClaw } = await import('../src/openclaw.ts')
  const reviewer = new OpenClaw({ url, token, reviewer: true, displayName: 'reviewer' }); await reviewer.connect()
  for (const n of [1, 2]) { const r = await a.agents.run({ agentId: 'main', input: 'Say hi', label: 'Twice' }).catch((e: any) => ({ error: e })) as any
    if (r.error) show('label', r.error.message); else { show('label twice', (await r.wait()).status); show('l', (await a.sessions.get(r.sessionKey))?.label) } }
  const fin = await a.agents.run({ agentId: 'main', input: '[[tool:ls {"path":"."}]] Say done now', sessionKey: 'agent:main:fin' })
  await fin.wait()
  // approval across processes
  const ask = await a.agents.run({ agentId: 'main', input: '[[tool:exec {"command":"echo crab"}]] Say after exec', sessionKey: 'agent:main:ask' })
  let approvalId = ''
  for await (const e of ask.events()) { show('A ev', [e.seq, e.type, (e.data as any).toolCallId, (e.data as any).approvalId]); if (e.type === 'approval.requested') { approvalId = e.data.approvalId; break } }
  const c = openclaw({ url, token })
  const again = await c.agents.get(ask.runId, { sessionKey: ask.sessionKey! })
  show('again', [again?.isPartial])
  const reading = types(again)
  show('decide', await c.approvals.decide(approvalId, { decision: 'approve' }))
  show('C events', await reading)
  show('A events', await types(ask))
  const ask2 = await a.agents.run({ agentId: 'main', input: '[[tool:exec {"command":"echo crab2"}]] Say after denial', sessionKey: 'agent:main:ask2' })
  for await (const e of ask2.events()) if (e.type === 'approval.requested') { approvalId = e.data.approvalId; break }
  await c.approvals.decide(approvalId, { decision: 'deny', reason: 'no' })
  const again2 = await c.agents.get(ask2.runId, { sessionKey: ask2.sessionKey! })
  show('C2 events', await types(again2))
  show('A2 events', await types(ask2))
  // slow at work, other reader w/ text
  const slow = await a.agents.run({ agentId: 'main', input: '[[slow:200]] Say one two three four five six seven eight nine', sessionKey: 'agent:main:slow' })
  for await (const e of slow.events()) if (e.type === 'assistant.delta' && e.seq! > 5) break
  const s2 = await c.agents.get(slow.runId, {})
  show('slow other', await types(s2))
  show('slow own', await types(slow))
  // gateway restart
  await gateway.kill('SIGTERM'); gateway.launch(); await gateway.ready()
  const d = openclaw({ url, token })
  let t = performance.now()
  const old = await d.agents.get(fin.runId, { sessionKey: fin.sessionKey! })
  show('after restart', [old !== undefined, performance.now() - t])
  show('after restart events', await types(old)); show('wait', await old!.wait())
  const old2 = await d.agents.get(ask.runId)
  show('after restart nokey', [old2 !== undefined]); if (old2) show('ev', await types(old2))
  t = performance.now()
  show('unknown', [await d.agents.get('nope', { sessionKey: 'main' }) ?? 'undefined', performance.now() - t])
  await d.close(); await c.close(); await reviewer.close()
} catch (error) { console.log('FAILED', error) }
await a.close(); await b.close(); await gateway.stop()
