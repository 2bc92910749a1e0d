import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { startLocalGateway } from '../src/index.ts'
import type { LocalGatewayOptions } from '../src/options.ts'
import { sendRaw } from './raw-exchange.ts'

type Running = Awaited<ReturnType<typeof startLocalGateway>>

let running: Running | undefined

async function start(options: LocalGatewayOptions = {}): Promise<Running> {
  running = await startLocalGateway({ port: 0, databasePath: ':memory:', ...options })
  return running
}

afterEach(() => running?.close())

const upgrade = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]

async function send(
  line: string,
  headers: readonly string[],
  body = '',
): Promise<{ status: number; text: string }> {
  const port = running?.port ?? 0
  const host = headers.some((header) => /^host:/i.test(header)) ? [] : [`Host: 127.0.0.1:${port}`]
  const head = [
    line,
    ...host,
    ...headers,
    ...(headers.includes(upgrade[0] ?? '') ? [] : ['Connection: close']),
  ]
  return sendRaw(port, `${head.join('\r\n')}\r\n\r\n${body}`)
}

describe('who is spoken to', () => {
  it.each([
    [200, 'Host: LOCALHOST.'],
    [200, 'Host: [::1]'],
    [421, 'Host: 127.1'],
    [421, 'Host: 2130706433'],
    [421, 'Host: 0x7f000001'],
    [421, 'Host: 0.0.0.0'],
    [421, 'Host: evil.example'],
    [400, 'Host: [::ffff:127.0.0.1]'],
    [400, 'Host: user@127.0.0.1'],
    [400, 'Host: 127.0.0.1:80:80'],
    [400, 'Host: ⓛocalhost'],
    [400, 'Host: '],
  ])('answers %i to "%s", always with a problem', async (status, host) => {
    await start()
    const answer = await send('GET /v1/runs HTTP/1.1', [host])
    expect(answer.status).toBe(status)
    if (status !== 200) expect(answer.text).toMatch(/"error":\{"code":"\w+","message":.*"next":/)
  })

  it('judges the header where the target names a host too, and refuses two of them', async () => {
    const { port } = await start()
    const own = `http://127.0.0.1:${port}/v1/runs`
    expect((await send(`GET ${own} HTTP/1.1`, ['Host: evil.example'])).status).toBe(421)
    expect((await send('GET /v1/runs HTTP/1.1', ['Host: evil.example', 'Host: localhost'])).status).toBe(421)
    expect((await send('GET /v1/runs HTTP/1.1', ['Host: localhost', 'Host: evil.example'])).status).toBe(421)
    expect((await send('OPTIONS * HTTP/1.1', [])).status).toBe(400)
  })

  it('lets no page of another site open a stream by embedding it, but lets links be followed', async () => {
    await start()
    const embedded = ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: image']
    expect((await send('GET /v1/runs HTTP/1.1', embedded)).status).toBe(403)
    const followed = ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document']
    expect((await send('GET /v1/runs HTTP/1.1', followed)).status).toBe(200)
    expect((await send('POST /v1/guard HTTP/1.1', followed)).status).toBe(403)
  })

  it('refuses origins in the configuration that no page has', async () => {
    for (const origin of ['*', 'null', 'localhost:3000', 'http://localhost:3000/app']) {
      await expect(start({ allowedOrigins: [origin] })).rejects.toThrow(/^allowedOrigins: expected/)
    }
  })
})

describe('places for subscribers', () => {
  it('are not taken by who asks for the head only', async () => {
    const { url } = await start({ limits: { maxSubscribers: 2 } })
    for (let count = 0; count < 5; count++)
      expect((await fetch(`${url}/v1/events`, { method: 'HEAD' })).status).toBe(200)
    const gone = new AbortController()
    expect((await fetch(`${url}/v1/events`, { signal: gone.signal })).status).toBe(200)
    gone.abort()
  })

  it('are free again after connections that broke at once', async () => {
    const { url, port } = await start({ limits: { maxSubscribers: 2 } })
    for (let count = 0; count < 20; count++) {
      const socket: Socket = connect(port, '127.0.0.1')
      await once(socket, 'connect')
      socket.write(`GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n`)
      if (count % 2 === 0) await once(socket, 'data')
      socket.destroy()
    }
    await expect
      .poll(async () => {
        const gone = new AbortController()
        const { status } = await fetch(`${url}/v1/events`, { signal: gone.signal })
        gone.abort()
        return status
      })
      .toBe(200)
  })
})

describe('a WebSocket that is refused', () => {
  it('is hung up on, even where the client never does', async () => {
    await start()
    for (const target of ['/nope', '//', '/v1/ws?x']) {
      const origin = target === '/v1/ws?x' ? ['Origin: null'] : []
      const answer = await sendRaw(
        running?.port ?? 0,
        `GET ${target} HTTP/1.1\r\nHost: localhost\r\n${[...upgrade, ...origin].join('\r\n')}\r\n\r\n`,
      )
      expect([target, answer.status, answer.closed]).toEqual([target, origin.length > 0 ? 403 : 404, true])
    }
  })

  it('answers parameters that no address can hold with what is wrong', async () => {
    const { url } = await start()
    const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/ws`, 'pincer.v1')
    await once(socket, 'open')
    socket.send('{"type":"req","id":"1","method":"runs.get","params":{"runId":"\\ud800"}}')
    const [data] = (await once(socket, 'message')) as [Buffer]
    expect(JSON.parse(String(data))).toMatchObject({
      error: { code: 'invalid_request', details: { status: 400 } },
    })
    socket.close()
  })
})

describe('bodies', () => {
  it('of unknown length are read on every route', async () => {
    await start()
    const json = ['Content-Type: application/json', 'Transfer-Encoding: chunked']
    for (const [line, body, status] of [
      ['POST /v1/events', '[]', 200],
      ['POST /v1/guard', '{"kind":"tool_call","name":"x"}', 200],
      ['PUT /v1/policies/a', '{"match":{},"action":"warn"}', 200],
      ['DELETE /v1/policies/a', '{}', 204],
      ['POST /v1/approvals/a/decide', '{"decision":"approve"}', 404],
      ['POST /v1/agents/main/runs', '{"input":"hi"}', 202],
      ['POST /v1/runs/x/cancel', '{}', 404],
      ['POST /v1/tools/a/invoke', '{}', 404],
      ['POST /demo/v1/embeddings', '{"model":"m","input":"x"}', 200],
    ] as const) {
      const chunk = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
      expect([line, (await send(`${line} HTTP/1.1`, json, chunk)).status]).toEqual([line, status])
    }
  })

  it('that disagree about their length are refused', async () => {
    await start()
    const type = 'Content-Type: application/json'
    for (const headers of [
      ['Content-Length: 4', 'Transfer-Encoding: chunked'],
      ['Content-Length: 2', 'Content-Length: 4'],
      ['Transfer-Encoding: xchunked'],
    ]) {
      expect(
        (await send('POST /v1/events HTTP/1.1', [type, ...headers], '2\r\n[]\r\n0\r\n\r\n')).status,
      ).toBe(400)
    }
  })

  it('that name a prototype are refused, however the name is written', async () => {
    const { url } = await start()
    for (const name of ['__proto__', '\\u005f_proto__', '__pr\\u006Fto__']) {
      const body = `{"kind":"tool_call","name":"x","input":[{"${name}":{"admin":true}}]}`
      const answer = await fetch(`${url}/v1/guard`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
      expect([name, answer.status, await answer.text()]).toMatchObject([name, 400, /__proto__/])
    }
    const fine =
      '{"kind":"tool_call","name":"x","input":{"constructor":{"prototype":1},"text":"__proto__ \\u00e4"}}'
    const answer = await fetch(`${url}/v1/guard`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: fine,
    })
    expect(answer.status).toBe(200)
  })

  it('that are no UTF-8 are refused: two ids must not become one', async () => {
    const { url } = await start()
    const bytes = Buffer.from('[{"id":"\xff"}]', 'latin1')
    for (const [path, body, encoding] of [
      ['/v1/events', bytes, 'identity'],
      ['/v1/events', gzipSync(bytes), 'gzip'],
      ['/v1/guard', bytes, 'identity'],
    ] as const) {
      const answer = await fetch(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-encoding': encoding },
        body: new Uint8Array(body),
      })
      expect([path, encoding, answer.status, await answer.text()]).toMatchObject([
        path,
        encoding,
        400,
        /UTF-8/,
      ])
    }
  })

  it('of several gzip members are bounded together', async () => {
    const { url } = await start()
    const member = gzipSync(Buffer.alloc(1_000_000, 32))
    const answer = await fetch(`${url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: new Uint8Array(Buffer.concat(Array.from({ length: 50 }, () => member))),
    })
    expect(answer.status).toBe(413)
  })

  it('as deep as their size allows do not trouble the demo model', async () => {
    const { url } = await start()
    const deep = `${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`
    const answer = await fetch(`${url}/demo/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","parameters":${deep}}}]}`,
    })
    expect(answer.status).toBe(400)
  })
})
