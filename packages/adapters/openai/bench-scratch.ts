import { createClient } from '@pincer/core'
import { OpenAI } from 'openai'
import { wrapOpenAI } from './src/index.ts'
import { completion, chunk } from './test/wire.ts'

const text = JSON.stringify(completion('Hello!'))
const sse = (n: number) => new TextEncoder().encode(Array.from({ length: n }, () => `data: ${JSON.stringify(chunk({ content: 'hello ' }))}\n\n`).join('') + `data: ${JSON.stringify(chunk({}, 'stop'))}\n\ndata: [DONE]\n\n`)
const N = 2000
const body = sse(N)
let stream = false
const fetch = async () => stream
  ? new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  : new Response(text, { headers: { 'content-type': 'application/json' } })
const bare = new OpenAI({ apiKey: 'x', fetch, baseURL: 'http://127.0.0.1:9/v1' })
const claw = createClient({ gateway: { name: 'x', events: { append: async (b) => b.map(({ id }) => ({ id, status: 'accepted' as const })) }, close: async () => {} } })
const wrapped = wrapOpenAI(bare, claw)
const hello = { model: 'gpt-test', messages: [{ role: 'user' as const, content: 'Say hello' }] }
async function calls(c: OpenAI, n: number) {
  const t = performance.now()
  for (let i = 0; i < n; i++) await c.chat.completions.create(hello)
  return ((performance.now() - t) * 1000) / n
}
async function chunks(c: OpenAI) {
  const t = performance.now()
  let k = 0
  for await (const p of await c.chat.completions.create({ ...hello, stream: true })) k += p.choices.length
  if (k !== N + 1) throw new Error(String(k))
  return ((performance.now() - t) * 1000) / N
}
const med = (a: number[]) => a.sort((x, y) => x - y)[a.length >> 1]!
const a: number[] = [], b: number[] = [], d: number[] = []
for (let i = 0; i < 40; i++) { const x = await calls(bare, 500), y = await calls(wrapped, 500); if (i > 5) { a.push(x); b.push(y); d.push(y - x) } await claw.flush() }
console.log('call us', med(a).toFixed(2), med(b).toFixed(2), 'added', med(d).toFixed(2))
stream = true
const e: number[] = [], f: number[] = [], g: number[] = []
for (let i = 0; i < 60; i++) { const x = await chunks(bare), y = await chunks(wrapped); if (i > 5) { e.push(x); f.push(y); g.push(y - x) } }
console.log('chunk us', med(e).toFixed(3), med(f).toFixed(3), 'added', med(g).toFixed(3))
process.exit(0)
