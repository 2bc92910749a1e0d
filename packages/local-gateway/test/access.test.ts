import { request } from 'node:http'
import { PincerError } from '@pincer/protocol'
import { afterEach, describe, expect, it } from 'vitest'
import { startLocalGateway } from '../src/index.ts'
import type { LocalGatewayOptions } from '../src/options.ts'
import { finishedRun } from './run-story.ts'

const token = 'a-token-of-the-tests'

let running: Awaited<ReturnType<typeof startLocalGateway>> | undefined

async function start(options: LocalGatewayOptions = {}): Promise<void> {
  running = await startLocalGateway({ port: 0, databasePath: ':memory:', ...options })
}

afterEach(async () => {
  await running?.close()
  running = undefined
})

/** fetch forbids some of these headers; a plain request sends what it is told. */
async function send(
  path: string,
  headers: Record<string, string>,
  method = 'GET',
  body = '',
): Promise<{ status: number; code: string | undefined; headers: Record<string, unknown> }> {
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number
    text: string
    headers: Record<string, unknown>
  }>()
  const sent = request(`${running?.url}${path}`, { method, headers }, (response) => {
    let text = ''
    response.on('data', (chunk: Buffer) => (text += String(chunk)))
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }))
  })
  sent.on('error', reject)
  sent.end(body)
  const answer = await promise
  const parsed: unknown = answer.text.startsWith('{') ? JSON.parse(answer.text) : {}
  const code = (parsed as { error?: { code?: string } }).error?.code
  return { status: answer.status, code, headers: answer.headers }
}

const json = { 'content-type': 'application/json' }
const batch = JSON.stringify(finishedRun('run'))

describe('who may call', () => {
  it('refuses to listen for other machines without a token, and opens nothing', async () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.7', 'example.com']) {
      const starting = startLocalGateway({ port: 0, host, databasePath: '/nowhere/at/all.sqlite' })
      await expect(starting).rejects.toThrow(/token is required/)
      await expect(starting).rejects.toBeInstanceOf(PincerError)
    }
  })

  it('refuses a token that is empty or cannot be sent', async () => {
    for (const bad of ['', 'with space in it', 'línea-de-token']) {
      await expect(startLocalGateway({ port: 0, databasePath: ':memory:', token: bad })).rejects.toThrow(
        /^token: expected/,
      )
    }
  })

  it('asks everybody for the token, but for the signs of life', async () => {
    await start({ token })
    expect(await send('/v1/runs', {})).toMatchObject({
      status: 401,
      code: 'unauthorized',
      headers: { 'www-authenticate': 'Bearer' },
    })
    for (const authorization of [
      `Bearer ${token}x`,
      `Bearer ${token.slice(1)}`,
      token,
      `Basic ${token}`,
      'Bearer',
      'Bearer ',
    ]) {
      expect(await send('/v1/runs', { authorization })).toMatchObject({ status: 401, code: 'unauthorized' })
    }
    expect(await send(`/v1/runs?token=${token}`, {})).toMatchObject({ status: 401 })
    expect(await send('/v1/events', json, 'POST', batch)).toMatchObject({ status: 401 })
    expect(await send('/openapi.json', {})).toMatchObject({ status: 401 })
    expect(await send('/demo/v1/models', {})).toMatchObject({ status: 401 })
    expect(await send('/v1/runs', { authorization: `Bearer ${token}` })).toMatchObject({ status: 200 })
    expect(await send('/v1/runs', { authorization: `bearer  ${token}` })).toMatchObject({ status: 200 })
    expect(await send('/healthz', {})).toMatchObject({ status: 200 })
    expect(await send('/readyz', {})).toMatchObject({ status: 200 })
    expect((await running?.gateway.runs.list())?.items).toEqual([])
  })

  it('answers only when it is addressed by a name of this machine', async () => {
    await start({ allowedHosts: ['pincer.internal'] })
    const port = running?.port
    for (const host of [
      `localhost:${port}`,
      `127.0.0.1:${port}`,
      `[::1]:${port}`,
      'LOCALHOST',
      'pincer.internal',
      `app.localhost:${port}`,
    ]) {
      expect([host, (await send('/v1/runs', { host })).status]).toEqual([host, 200])
    }
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      '192.0.2.7',
    ]) {
      expect([host, await send('/v1/runs', { host })]).toMatchObject([
        host,
        { status: 421, code: 'host_not_allowed' },
      ])
    }
    for (const host of ['a b', '127.0.0.1:80:80', 'localhost@evil', 'localhost/', 'localhost?']) {
      expect([400, 421]).toContain((await send('/v1/runs', { host })).status)
    }
  })

  it('refuses pages of other sites, whatever they send', async () => {
    await start()
    const own = running?.url ?? ''
    for (const origin of [
      'http://evil.example',
      'null',
      'http://localhost:1',
      own.replace('http:', 'ftp:'),
      `${own}.evil.example`,
    ]) {
      expect([origin, await send('/v1/events', { ...json, origin }, 'POST', batch)]).toMatchObject([
        origin,
        { status: 403, code: 'origin_not_allowed' },
      ])
      expect(await send('/v1/runs', { origin })).toMatchObject({ status: 403 })
    }
    const crossSite = { ...json, 'sec-fetch-site': 'cross-site' }
    expect(await send('/v1/events', crossSite, 'POST', batch)).toMatchObject({ status: 403 })
    expect((await running?.gateway.runs.list())?.items).toEqual([])
    expect(await send('/v1/events', { ...json, origin: own }, 'POST', batch)).toMatchObject({ status: 200 })
  })

  it('lets pages of allowed origins call and read', async () => {
    await start({ token, allowedOrigins: ['http://app.example:3000'] })
    const origin = 'http://app.example:3000'
    const preflight = {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    }
    expect(await send('/v1/events', preflight, 'OPTIONS')).toMatchObject({
      status: 204,
      headers: { 'access-control-allow-origin': origin, vary: 'Origin' },
    })
    expect(await send('/v1/runs', { origin, authorization: `Bearer ${token}` })).toMatchObject({
      status: 200,
      headers: { 'access-control-allow-origin': origin },
    })
    expect(await send('/v1/runs', { origin })).toMatchObject({ status: 401 })
    const foreign = { ...preflight, origin: 'http://evil.example' }
    expect(await send('/v1/events', foreign, 'OPTIONS')).toMatchObject({ status: 403 })
  })

  it('takes writes only as JSON, which no form can send', async () => {
    await start()
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/plain; application/json',
    ]) {
      expect([type, await send('/v1/events', { 'content-type': type }, 'POST', batch)]).toMatchObject([
        type,
        { status: 415, code: 'unsupported_media_type' },
      ])
      expect(await send('/v1/guard', { 'content-type': type }, 'POST', '{}')).toMatchObject({ status: 415 })
    }
    expect(await send('/v1/events', {}, 'POST', batch)).toMatchObject({ status: 415 })
    expect((await running?.gateway.runs.list())?.items).toEqual([])
  })

  it('listens for other machines with a token, and answers to addresses but not to foreign names', async () => {
    await start({ host: '0.0.0.0', token })
    if (running !== undefined) running = { ...running, url: `http://127.0.0.1:${running.port}` }
    const authorization = `Bearer ${token}`
    expect(await send('/v1/runs', { host: '192.0.2.7:7462', authorization })).toMatchObject({ status: 200 })
    expect(await send('/v1/runs', { host: 'evil.example', authorization })).toMatchObject({ status: 421 })
    expect(await send('/v1/runs', { host: '192.0.2.7:7462' })).toMatchObject({ status: 401 })
  })
})

describe('problems', () => {
  it('tell the code and a next step, and nothing of the inside', async () => {
    await start()
    expect(await send('/v1/nothing', {})).toMatchObject({ status: 404, code: 'not_found' })
    expect(await send('/v1/runs', {}, 'DELETE')).toMatchObject({ status: 404, code: 'not_found' })
    const deep = `{"kind":"tool_call","name":"x","input":${'['.repeat(5_000)}${']'.repeat(5_000)}}`
    expect(await send('/v1/guard', json, 'POST', deep)).toMatchObject({ status: 400, code: 'invalid_json' })
    expect(await send('/v1/guard', json, 'POST', '{"kind":')).toMatchObject({
      status: 400,
      code: 'invalid_json',
    })
    const large = JSON.stringify({ kind: 'tool_call', name: 'x', input: 'x'.repeat(4_194_304) })
    expect(await send('/v1/guard', json, 'POST', large)).toMatchObject({
      status: 413,
      code: 'body_too_large',
    })
  })

  it('say where two gateways want the same port', async () => {
    await start()
    const second = startLocalGateway({ port: running?.port ?? 0, databasePath: ':memory:' })
    await expect(second).rejects.toThrow(/EADDRINUSE.*choose another/)
  })
})
