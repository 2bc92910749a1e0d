import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { memoryDevice, OpenClaw, type OpenClawOptions, probeGateway } from '../src/index.ts'
import * as blocks from '../test/document/blocks.ts'
import { startFrameProxy } from './frame-proxy.ts'
import { stateFolder } from './gateway-config.ts'
import { sharedGateway } from './shared-gateway.ts'

const { url, token, home } = sharedGateway()

describe('connecting to the real Gateway', () => {
  it('with a wrong token is refused at once, and no token is told', async () => {
    const error = await failToConnect({ url, token: 'a-wrong-token' })
    expect(error).toMatchObject({
      code: 'gateway',
      status: 401,
      gatewayCode: 'AUTH_TOKEN_MISMATCH',
      retryable: false,
    })
    expect(String(error)).toContain('token')
    expect(JSON.stringify([String(error), error])).not.toContain('a-wrong-token')
  })

  it('without a token is refused', async () => {
    expect(await failToConnect({ url })).toMatchObject({ code: 'gateway', status: 401, retryable: false })
  })

  it('with another protocol is refused, and both are named', async () => {
    const proxy = await startFrameProxy(url, (frame) =>
      frame.replace('"minProtocol":4', '"minProtocol":5').replace('"maxProtocol":4', '"maxProtocol":9'),
    )
    try {
      const error = await failToConnect({ url: proxy.url, token })
      expect(error).toMatchObject({ code: 'gateway', status: 426, retryable: false })
      expect(String(error)).toMatch(/\b4\b/)
    } finally {
      await proxy.close()
    }
  })

  it('where none listens says so, and that a later try may succeed', async () => {
    const error = await failToConnect({ url: 'ws://127.0.0.1:1', token, connectTimeoutMs: 500 })
    expect(error).toMatchObject({ code: 'gateway', retryable: true })
    expect(String(error)).toContain('127.0.0.1:1')
  })

  it('asks for the scopes that are wanted and no more', async () => {
    await using oc = new OpenClaw({ url, token, scopes: ['operator.read'] })
    await oc.connect()
    expect(oc.hello?.scopes).toEqual(['operator.read'])
    await expect(oc.agents.create({ name: 'nobody' })).rejects.toMatchObject({
      status: 403,
      gatewayCode: 'MISSING_SCOPE',
      message: expect.stringContaining('operator.admin') as string,
    })
  })

  it('pairs a device, which then needs no token', async () => {
    const device = memoryDevice()
    const first = new OpenClaw({ url, token, device })
    await first.connect()
    await first.close()
    await using again = new OpenClaw({ url, device })
    await again.connect()
    expect((await again.agents.list()).defaultId).toBe('main')
  })

  it('is preceded by a look at its health', async () => {
    expect(await probeGateway(url)).toEqual({ live: true, ready: true, failing: [] })
    expect(await probeGateway('ws://127.0.0.1:1')).toEqual({
      live: false,
      ready: false,
      failing: ['unreachable'],
    })
  })

  it('is over when it is closed', async () => {
    const oc = new OpenClaw({ url, token })
    await oc.connect()
    const waiting = oc.request('agent.wait', { runId: 'ghost', timeoutMs: 20_000 }, { timeoutMs: null })
    const refused = expect(waiting).rejects.toMatchObject({ code: 'closed' })
    await oc.close()
    await refused
    await expect(oc.agents.list()).rejects.toMatchObject({ code: 'closed' })
    await oc.close() // nothing happens twice
  })

  it('is written as the document writes it', async () => {
    for (const oc of [await blocks.connectToGateway(url, token), await blocks.connectByGateway(url, token)]) {
      expect((await oc.agents.list()).defaultId).toBe('main')
      await oc.close()
    }
  })

  it('finds the Gateway by the environment', async () => {
    vi.stubEnv('OPENCLAW_GATEWAY_URL', url)
    vi.stubEnv('OPENCLAW_GATEWAY_TOKEN', token)
    try {
      await using oc = new OpenClaw({ gateway: 'auto' })
      await oc.connect()
      expect(oc.hello?.version).toBe('2026.9.6')
    } finally {
      vi.unstubAllEnvs()
    }
  })

  it("finds the Gateway by OpenClaw's own configuration", async () => {
    vi.stubEnv('OPENCLAW_CONFIG_PATH', join(stateFolder(home), 'openclaw.json'))
    for (const name of ['URL', 'TOKEN', 'PASSWORD', 'PORT']) vi.stubEnv(`OPENCLAW_GATEWAY_${name}`, undefined)
    try {
      await using oc = new OpenClaw({ gateway: 'auto' })
      await oc.connect()
      expect(oc.hello?.version).toBe('2026.9.6')
    } finally {
      vi.unstubAllEnvs()
    }
  })
})

async function failToConnect(options: OpenClawOptions): Promise<unknown> {
  await using oc = new OpenClaw(options)
  const error: unknown = await oc.connect().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error === undefined) throw new Error('it was let in')
  return error
}
