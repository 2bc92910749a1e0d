import { inspect } from 'node:util'
import { chmodSync, mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocketServer, type WebSocket } from 'ws'
import { OpenClaw } from '../src/openclaw.ts'
import { fileDevice } from '../src/device/file-device.ts'
import { startScriptedGateway, silence } from './scripted-gateway.ts'

process.on('unhandledRejection', (e) => console.log('UNHANDLED', e))
process.on('uncaughtException', (e) => console.log('UNCAUGHT', e))
const which = process.argv[2] ?? ''
async function server(onFrame: (s: WebSocket, f: any) => void, onOpen: (s: WebSocket) => void = (s) => s.send(JSON.stringify({ type: 'event', event: 'connect.challenge', payload: { nonce: 'n', ts: Date.now() } }))) {
  const w = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await new Promise((r) => w.once('listening', r))
  w.on('connection', (s) => { s.on('error', () => {}); onOpen(s); s.on('message', (d) => onFrame(s, JSON.parse(String(d)))) })
  return { url: `ws://127.0.0.1:${(w.address() as any).port}`, close: () => { for (const c of w.clients) c.terminate(); w.close() } }
}
async function show(name: string, p: Promise<unknown>, ms = 6000) {
  const t = performance.now()
  const r = await Promise.race([p.then((v) => `ok ${JSON.stringify(v)?.slice(0, 100)}`, (e) => `ERR ${e?.constructor?.name} ${e?.gatewayCode} ${e?.status} ${String(e?.message).slice(0, 160)}`), new Promise((r) => setTimeout(() => r('HANGS'), ms))])
  console.log(name.padEnd(28), Math.round(performance.now() - t), r)
}
const hello = (extra: any = {}) => ({ type: 'hello-ok', protocol: 4, server: { version: '1', bootId: 'b', connId: 'c' }, features: { methods: [] }, snapshot: {}, auth: { scopes: [] }, policy: { tickIntervalMs: 30000 }, ...extra })

if (which === 'hello') {
  for (const [n, payload] of Object.entries<any>({ empty: {}, null: null, num: 5, arr: [1], str: 'x', typeOnly: { type: 'hello-ok' }, proto5: hello({ protocol: 5 }), protoStr: hello({ protocol: '4' }), serverNum: hello({ server: 5, features: 3, snapshot: 1, auth: 'x', policy: 'y' }), tick0: hello({ policy: { tickIntervalMs: 0 } }), protoKey: JSON.parse('{"type":"hello-ok","__proto__":{"x":1},"server":{"__proto__":{"bootId":"evil"}}}') })) {
    const s = await server((ws, f) => ws.send(JSON.stringify({ type: 'res', id: f.id, ok: true, payload: f.method === 'connect' ? payload : { agents: [] } })))
    const oc = new OpenClaw({ url: s.url, token: 'tok-secret', connectTimeoutMs: 3000, requestTimeoutMs: 2000 })
    await show(`hello ${n}`, oc.connect().then(() => oc.hello))
    await show(`  req ${n}`, oc.request('agents.list'))
    await oc.close(); s.close()
  }
  {
    const s = await server(() => {}, () => {})
    const oc = new OpenClaw({ url: s.url, token: 'tok-secret', connectTimeoutMs: 2000 })
    await show('silent', oc.connect()); await oc.close(); s.close()
  }
  {
    const s = await server((ws) => ws.close())
    const oc = new OpenClaw({ url: s.url, token: 'tok-secret', connectTimeoutMs: 2000 })
    await show('close at connect', oc.connect()); await oc.close(); s.close()
  }
}
if (which === 'frames') {
  let conns = 0
  const s = await server((ws, f) => {
    if (f.method === 'connect') { conns++; ws.send(JSON.stringify({ type: 'res', id: f.id, ok: true, payload: hello() })); return }
    const send = (x: any) => ws.send(typeof x === 'string' ? x : JSON.stringify(x))
    for (const x of ['garbage', '{', 'null', '[]', '5', '""', '{}', '{"type":"res"}', '{"type":"res","id":null}', '{"type":"res","id":"zzz","ok":true}', '{"type":"event"}', '{"type":"event","event":5,"payload":1}', '{"type":"event","event":"agent","payload":null}', '{"type":"event","event":"agent","seq":"x","payload":[]}', '{"type":"res","id":"__proto__","ok":false,"error":5}', '{"type":"event","event":"__proto__","payload":{"__proto__":{"polluted":1}}}', '{"type":"req","id":"1","method":"x"}']) send(x)
    ws.send(Buffer.from([0xff, 0xfe, 0x00]))
    if (f.method === 'dup') { for (let i = 0; i < 3; i++) send({ type: 'res', id: f.id, ok: true, payload: i }); return }
    if (f.method === 'errnum') return send({ type: 'res', id: f.id, ok: false, error: 5 })
    if (f.method === 'errnull') return send({ type: 'res', id: f.id, ok: false, error: null })
    if (f.method === 'errnone') return send({ type: 'res', id: f.id, ok: false })
    if (f.method === 'errshape') return send({ type: 'res', id: f.id, ok: false, error: { code: 5, message: { a: 1 }, details: [1], retryable: 'yes', retryAfterMs: 'x' } })
    if (f.method === 'oknone') return send({ type: 'res', id: f.id })
    if (f.method === 'okstr') return send({ type: 'res', id: f.id, ok: 'true', payload: 1 })
    if (f.method === 'echo') return send({ type: 'res', id: f.id, ok: false, error: { code: 'tok-secret-1', message: 'x'.repeat(490) + 'tok-secret-1', details: { code: 'c', token: 'tok-secret-1' } } })
    if (f.method === 'echo2') return send({ type: 'res', id: f.id, ok: false, error: { code: 'X', message: 'bad', details: { code: 'tok-secret-1', got: 'tok-secret-1' } } })
    if (f.method === 'giant') return ws.send(JSON.stringify({ type: 'res', id: f.id, ok: true, payload: 'x'.repeat(27_000_000) }))
    if (f.method === 'deep') return ws.send(`{"type":"event","event":"agent","payload":${'['.repeat(200000)}${']'.repeat(200000)}}`), send({ type: 'res', id: f.id, ok: true, payload: 'deep' })
    if (f.method === 'close') return ws.close(1011, 'tok-secret-1 leaked')
    send({ type: 'res', id: f.id, ok: true, payload: 'fine' })
  })
  const oc = new OpenClaw({ url: s.url, token: 'tok-secret-1', requestTimeoutMs: 1500 })
  const seen: unknown[] = []
  const rd = oc.events()[Symbol.asyncIterator]()
  for (const m of ['dup', 'errnum', 'errnull', 'errnone', 'errshape', 'oknone', 'okstr', 'echo', 'echo2', 'deep', 'giant', 'close', 'fine']) {
    await show(m, oc.request(m, undefined))
    try { await oc.request(m === 'giant' || m === 'deep' || m === 'close' ? 'fine' : m) } catch (e) {
      if (/tok-se/.test(inspect(e, { depth: 20 })) || /tok-se/.test(JSON.stringify(e) ?? '')) console.log('   LEAK in', m, inspect(e, { depth: 20 }).slice(0, 900))
    }
  }
  console.log('conns', conns, ({} as any).polluted)
  try { await oc.request('close') } catch (e) { if (/tok-se/.test(inspect(e, { depth: 20 }))) console.log('LEAK close', (e as Error).message) }
  if (/tok-se/.test(inspect(oc, { depth: 20, showHidden: true }))) console.log('LEAK oc inspect')
  await oc.close(); s.close()
}
if (which === 'flap') {
  const g = await startScriptedGateway({ answers: { ping: () => 'pong', die: (r) => (r.drop(), silence) } })
  const oc = new OpenClaw({ url: g.url, token: 'tok-secret' })
  for (let i = 0; i < 100; i++) {
    const c = new OpenClaw({ url: g.url, token: 'tok-secret' }); const p = c.connect(); if (i % 3 === 0) await p.catch(() => {}); else p.catch(() => {}); const q = c.request('ping').catch(() => {}); await c.close(); await q
  }
  console.log('open', g.open)
  await oc.connect()
  const t = performance.now()
  const all = await Promise.allSettled(Array.from({ length: 100 }, () => oc.request('die', {}, { timeoutMs: 4000 })))
  console.log(all.filter((x) => x.status === 'rejected').length, Math.round(performance.now() - t), (all[0] as any).reason?.message)
  const c2 = new OpenClaw({ url: g.url, token: 'x1234' }); await c2.connect(); g.answer('hang', () => silence)
  const many = Promise.allSettled(Array.from({ length: 100 }, () => c2.request('hang'))); await c2.close(); console.log(new Set((await many).map((x) => (x as any).reason.code)))
  await oc.close(); await g.close()
}
if (which === 'device') {
  const dir = mkdtempSync(join(tmpdir(), 'k-')); const path = join(dir, 'd.json')
  const g = await startScriptedGateway({ hello: { auth: { role: 'operator', deviceToken: 'dev-tok-secret', scopes: ['operator.read'] } } })
  let oc = new OpenClaw({ url: g.url, token: 'tok-secret', device: fileDevice(path) }); await show('dev', oc.connect()); await oc.close()
  console.log(readdirSync(dir))
  for (const f of readdirSync(dir)) if (f.includes('token')) chmodSync(join(dir, f), 0o644)
  oc = new OpenClaw({ url: g.url, device: fileDevice(path), connectTimeoutMs: 2500 }); await show('dev 644', oc.connect()); await oc.close()
  oc = new OpenClaw({ url: g.url, token: 'tok-secret', device: fileDevice(path), connectTimeoutMs: 2500 }); await show('dev 644 + token', oc.connect()); await oc.close()
  g.refuseConnect({ code: 'INVALID_REQUEST', message: 'unauthorized', details: { code: 'AUTH_TOKEN_MISMATCH', canRetryWithDeviceToken: true } })
  oc = new OpenClaw({ url: g.url, token: 'tok-secret', device: fileDevice(path), connectTimeoutMs: 2500 }); await show('dev 644 + mismatch', oc.connect()); await oc.close()
  const real = fileDevice(path)
  class Dev { identity() { return real.identity() } loadToken(p: any) { return undefined } storeToken() {} clearToken() {} }
  try { oc = new OpenClaw({ url: g.url, device: new Dev() as any }); await oc.close(); console.log('class ok') } catch (e) { console.log('class device:', (e as Error).message) }
  let loads = 0
  const throwing = { identity: () => real.identity(), loadToken() { if (++loads > 1) throw new Error('boom'); return { token: 'dev-tok-1', scopes: [] } }, storeToken() {}, clearToken() { throw new Error('cl') } }
  oc = new OpenClaw({ url: g.url, token: 'tok-secret', device: throwing, connectTimeoutMs: 2500 }); await show('load throws 2nd', oc.connect()); await oc.close()
  await g.close()
}
setTimeout(() => { console.log('STILL ALIVE', process.getActiveResourcesInfo()); process.exit(1) }, 3000).unref()
