import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import type { ToolDescription } from '@pincer/protocol'
import { eventually } from '@pincer/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readArtifactBytes } from '../src/client/artifact-bytes.ts'
import { startChat } from '../src/gateway/chat-request.ts'
import { openclaw } from '../src/gateway/openclaw-gateway.ts'
import { openAiEndpoint } from '../src/http/open-ai-endpoint.ts'
import { checkPlainHttp } from '../src/http/plain-http.ts'
import { probeGateway } from '../src/http/probe-gateway.ts'

const closes: (() => unknown)[] = []
const requests: IncomingMessage[] = []
beforeEach(() => {
  requests.length = 0
})
afterEach(async () => {
  for (const close of closes.splice(0)) await close()
})

async function serve(
  listener: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const http = createServer((request, response) => {
    requests.push(request)
    request.resume()
    listener(request, response)
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  closes.push(() => {
    http.closeAllConnections()
    http.close()
  })
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`
}

/** Writes the same again and again until the other side has had enough. */
function pour(response: ServerResponse, text: string): void {
  const write = (): void => {
    if (response.destroyed) return
    if (response.write(text)) setImmediate(write)
    else response.once('drain', write)
  }
  write()
}

const turn = { agentId: 'main', messages: [], tools: [] }
const tools: readonly ToolDescription[] = [{ name: 'lookup' }]
const never = new AbortController().signal

describe('chat completions', () => {
  it.each<[string, (response: ServerResponse) => void, object]>([
    ['refuse without end', (response) => pour(response.writeHead(400), 'x'.repeat(65_536)), { status: 400 }],
    ['answer a page', (response) => response.end('<html>hello</html>'), { gatewayCode: 'no_run' }],
    ['send elsewhere', (response) => response.writeHead(302, { location: '/other' }).end(), { status: 302 }],
    ['are silent', () => undefined, { status: 504, gatewayCode: 'CLIENT_TIMEOUT' }],
    [
      'talk without end and name no run',
      (response) => pour(response.writeHead(200), `data: {"choices":[]}\n\n`),
      { status: 504, gatewayCode: 'CLIENT_TIMEOUT' },
    ],
    [
      'write a line without end',
      (response) => pour(response.writeHead(200), `data: ${'x'.repeat(1_000_000)}`),
      { message: expect.stringContaining('32 MB') },
    ],
  ])('that %s are given up', async (_name, answer, expected) => {
    const url = await serve((_request, response) => answer(response))
    const access = { origin: new URL(url), token: 'http-secret', beginTimeoutMs: 1500 }
    const started = startChat(access, turn, never)
    await expect(started).rejects.toMatchObject(expected)
    await started.catch((error: unknown) => expect(String(error)).not.toContain('http-secret'))
    expect(requests).toHaveLength(1)
    await eventually(() => requests[0]?.socket.destroyed)
  })

  it('get no token over plain http on a public host', async () => {
    const gateway = openclaw({ url: 'ws://192.0.2.1:18789', token: 'http-secret' })
    closes.push(() => gateway.close())
    await expect(gateway.agents.run({ agentId: 'main', input: 'x', tools })).rejects.toMatchObject({
      status: 400,
      gatewayCode: 'INSECURE_URL',
    })
    expect(() => openAiEndpoint({ url: 'ws://claw.example', token: 'http-secret' })).toThrow('unencrypted')
  })

  it.each([
    ['http://127.9.9.9', true],
    ['http://localhost:1', true],
    ['http://[::1]', true],
    ['http://192.168.1.4', true],
    ['http://100.100.1.1', true],
    ['http://[fd00::1]', true],
    ['http://[::ffff:10.0.0.1]', true],
    ['http://box.local', true],
    ['http://box.tail1.ts.net', true],
    ['https://claw.example', true],
    ['http://claw.example', false],
    ['http://8.8.8.8', false],
    ['http://localhost.example', false],
    ['http://[2001:db8::1]', false],
    ['http://ts.net', false],
  ])('know which host is near: %s', (url, isNear) => {
    const check = (): void => checkPlainHttp('x', new URL(url), {})
    if (isNear) expect(check).not.toThrow()
    else expect(check).toThrow('unencrypted')
  })

  it('take no line breaks into their headers', async () => {
    const url = await serve((_request, response) => response.end())
    for (const more of [
      { sessionKey: 'agent:main:a\r\nx-evil: 1' },
      { model: 'a/b\nc' },
      { sessionKey: 'a\0' },
    ]) {
      await expect(startChat({ origin: new URL(url) }, { ...turn, ...more }, never)).rejects.toMatchObject({
        status: 400,
        gatewayCode: 'invalid_header',
      })
    }
    await expect(
      startChat({ origin: new URL(url), token: 'tok\u0001en' }, turn, never),
    ).rejects.toMatchObject({
      gatewayCode: 'invalid_header',
      message: expect.not.stringContaining('tok\u0001'),
    })
    expect(requests).toHaveLength(0)
  })

  it('let go of a server that never finishes its TLS handshake', async () => {
    const sockets: Socket[] = []
    const silent = createTcpServer((socket) => {
      sockets.push(socket.on('error', () => undefined))
      socket.resume()
    })
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    closes.push(() => silent.close())
    const { fingerprint256 } = new X509Certificate(
      readFileSync(new URL('fixtures/tls/cert.pem', import.meta.url)),
    )
    const abort = new AbortController()
    const origin = new URL(`https://127.0.0.1:${(silent.address() as AddressInfo).port}`)
    const reason = new Error('given up')
    const started = startChat({ origin, tlsFingerprint: fingerprint256 }, turn, abort.signal)
    const failed = expect(started).rejects.toBe(reason)
    await eventually(() => sockets.length === 1 || undefined)
    abort.abort(reason)
    await failed
    await eventually(() => sockets[0]?.readableEnded === true || sockets[0]?.destroyed === true || undefined)
  })
})

describe('a probe', () => {
  it('reads no more of an answer than it needs', async () => {
    const url = await serve((_request, response) => pour(response.writeHead(200), ' '.repeat(65_536)))
    const started = performance.now()
    expect(await probeGateway(url, { timeoutMs: 4000 })).toMatchObject({ live: true, ready: true })
    expect(performance.now() - started).toBeLessThan(3000)
    await eventually(() => requests.every(({ socket }) => socket.destroyed) || undefined)
  })

  it('takes any number of milliseconds', async () => {
    const url = await serve((_request, response) => response.end('{"ok":true}'))
    for (const timeoutMs of [1500.5, 1e12]) expect((await probeGateway(url, { timeoutMs })).live).toBe(true)
  })
})

describe('the bytes of an artifact', () => {
  const artifact = { id: 'a', type: 'image', title: 'a.png', download: { mode: 'url' as const } }
  const limits = { maxBytes: 1000 }

  it('come from the Gateway and from nowhere else', async () => {
    const origin = await serve((request, response) => {
      if (request.url === '/away') response.writeHead(302, { location: `${elsewhere}/stolen` }).end()
      else response.end('own')
    })
    const elsewhere = await serve((_request, response) => response.end('stolen'))
    expect(Buffer.from(await readArtifactBytes({ artifact, url: '/own' }, origin, limits)).toString()).toBe(
      'own',
    )
    const count = requests.length
    for (const url of [
      `${elsewhere}/x`,
      elsewhere.replace('http:', ''),
      'http://169.254.169.254/latest/meta-data',
      'file:///etc/hostname',
      'data:text/plain,x',
      origin.replace('127.0.0.1', 'localhost'),
    ]) {
      await expect(readArtifactBytes({ artifact, url }, origin, limits)).rejects.toMatchObject({
        status: 400,
      })
    }
    expect(requests).toHaveLength(count)
    await expect(readArtifactBytes({ artifact, url: '/away' }, origin, limits)).rejects.toThrow()
    expect(requests.map(({ url }) => url)).not.toContain('/stolen')
  })

  it('are fetched from no address where it is not known where the Gateway is', async () => {
    const url = await serve((_request, response) => response.end('x'))
    await expect(readArtifactBytes({ artifact, url }, undefined, limits)).rejects.toMatchObject({
      status: 400,
    })
    expect(requests).toHaveLength(0)
  })
})
