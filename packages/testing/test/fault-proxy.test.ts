import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FaultProxy, startFaultProxy } from '../src/index.ts'

describe('fault proxy', () => {
  let server: Server
  let proxy: FaultProxy
  let served: string[]

  beforeEach(async () => {
    served = []
    server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        served.push(body)
        response.writeHead(201, { 'x-made': 'yes' }).end(`you said ${body}`)
      })
      request.on('error', () => {})
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    proxy = await startFaultProxy(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  })
  afterEach(async () => {
    await proxy.close()
    server.closeAllConnections()
    server.close()
  })

  const post = (timeoutMs = 5000): Promise<Response> =>
    fetch(proxy.url, {
      method: 'POST',
      body: 'hello',
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(timeoutMs),
    })

  it('passes everything through', async () => {
    const response = await post()
    expect([response.status, response.headers.get('x-made')]).toEqual([201, 'yes'])
    expect(await response.text()).toBe('you said hello')
    expect(proxy.requests).toBe(1)
  })

  it.each(['down', 'refuse', 'cut-request'] as const)('breaks the request: %s', async (kind) => {
    await proxy.set({ kind })
    await expect(post()).rejects.toThrow('fetch failed')
    expect(served).toEqual([])
    await proxy.set({ kind: 'none' })
    expect((await post()).status).toBe(201)
  })

  it('breaks the answer of a request that was served', async () => {
    await proxy.set({ kind: 'cut-response' })
    await expect(post().then((response) => response.text())).rejects.toThrow()
    expect(served).toEqual(['hello'])
  })

  it('never answers', async () => {
    await proxy.set({ kind: 'hang' })
    await expect(post(50)).rejects.toThrow(/timeout/)
    expect([proxy.requests, served]).toEqual([1, []])
  })

  it('is slow, and answers by itself', async () => {
    await proxy.set({ kind: 'status', status: 429, retryAfter: '3' })
    const refused = await post()
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '3'])
    await proxy.set({ kind: 'garbage', body: 'what' })
    expect(await (await post()).text()).toBe('what')
    expect(served).toEqual([])
    await proxy.set({ kind: 'slow', ms: 60 })
    const startedAt = performance.now()
    expect((await post()).status).toBe(201)
    expect(performance.now() - startedAt).toBeGreaterThan(50)
  })
})
