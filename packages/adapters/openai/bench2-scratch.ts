import { createClient } from '@pincer/core'
import { ChatCollector } from './src/convert-chat.ts'
import { chunk } from './test/wire.ts'
const claw = createClient({ gateway: { name: 'x', events: { append: async (b) => b.map(({ id }) => ({ id, status: 'accepted' as const })) }, close: async () => {} } })
const c = { ...chunk({ content: 'hello ' }) }
const chunks = Array.from({ length: 2000 }, () => JSON.parse(JSON.stringify(c)))
function t(name: string, f: () => void) {
  for (let i = 0; i < 50; i++) f()
  const s: number[] = []
  for (let i = 0; i < 100; i++) { const a = performance.now(); f(); s.push((performance.now() - a) * 1000 / 2000) }
  s.sort((x, y) => x - y)
  console.log(name, s[50]!.toFixed(4))
}
t('delta', () => { const call = claw.startModelCall({ provider: 'x', model: 'y' }); for (let i = 0; i < 2000; i++) call.delta('hello '); call.end() })
t('touch', () => { const call = claw.startModelCall({ provider: 'x', model: 'y' }); for (let i = 0; i < 2000; i++) call.touch(); call.end() })
t('collector', () => { const col = new ChatCollector(); for (const k of chunks) col.add(k, undefined); })
async function tt(name: string, f: () => Promise<void>) {
  for (let i = 0; i < 50; i++) await f()
  const s: number[] = []
  for (let i = 0; i < 100; i++) { const a = performance.now(); await f(); s.push((performance.now() - a) * 1000 / 2000) }
  s.sort((x, y) => x - y)
  console.log(name, s[50]!.toFixed(4))
}
async function* gen() { for (const k of chunks) yield k }
class It { s: any; constructor(s: any) { this.s = s } next() { return this.s.next().then(this.ok, this.no) } ok = (x: any) => x; no = (e: any) => { throw e }; [Symbol.asyncIterator]() { return this } }
await tt('gen', async () => { for await (const k of gen()) void k })
await tt('gen+then', async () => { for await (const k of new It(gen()) as any) void k })
await tt('gen+asyncnext', async () => { const g = gen(); for await (const k of { [Symbol.asyncIterator]: () => ({ next: async () => await g.next() }) } as any) void k })
process.exit(0)
