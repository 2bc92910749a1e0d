import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openAiEndpoint } from '../src/http/open-ai-endpoint.ts'
import { probeGateway } from '../src/http/probe-gateway.ts'

interface Exchange {
  readonly name: string
  readonly request: { readonly method: string; readonly path: string; readonly body?: unknown }
  readonly response: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    readonly json?: unknown
    readonly text?: string
  }
}

function captured(file: string): readonly Exchange[] {
  const text = readFileSync(new URL(`fixtures/${file}.jsonl`, import.meta.url), 'utf8')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Exchange)
}

interface Heard {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
}

let base: string
let close: () => Promise<void>
let heard: Heard[]
/** What is answered next; a missing one leaves the request open. */
let answers: Map<string, Exchange['response']>

beforeEach(async () => {
  heard = []
  answers = new Map()
  const server = createServer((request, response) => {
    void (async () => {
      let text = ''
      for await (const chunk of request) text += String(chunk)
      const { method = '', url = '', headers } = request
      heard.push({ method, url, headers, body: text === '' ? undefined : JSON.parse(text) })
      const answer = answers.get(url)
      if (answer === undefined) return
      response.writeHead(answer.status, {
        'content-type': answer.headers['content-type'] ?? 'application/json',
      })
      response.end(answer.text ?? JSON.stringify(answer.json))
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `127.0.0.1:${(server.address() as AddressInfo).port}`
  close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})
afterEach(async () => {
  await close()
})

function play(file: string, name: string): void {
  const found = captured(file).find((exchange) => exchange.name === name)
  if (found === undefined) throw new Error(`no exchange "${name}" in ${file}`)
  answers.set(found.request.path, found.response)
}

describe('openAiEndpoint', () => {
  it('makes the official client talk to an agent', async () => {
    const { model, ...endpoint } = openAiEndpoint({
      url: `ws://${base}`,
      token: 'secret',
      sessionKey: 'agent:main:web',
      backendModel: 'openai/gpt-5.5',
    })
    const openai = new OpenAI(endpoint)
    play('http-chat-completions', 'non-stream')
    const answer = await openai.chat.completions.create({
      model: model('main'),
      messages: [{ role: 'user', content: 'Hello' }],
    })
    expect(answer.choices[0]?.message.content).toBe('Hello from HTTP')
    expect(answer.id).toMatch(/^chatcmpl_/)
    expect(heard).toMatchObject([
      {
        method: 'POST',
        url: '/v1/chat/completions',
        headers: {
          authorization: 'Bearer secret',
          'x-openclaw-session-key': 'agent:main:web',
          'x-openclaw-model': 'openai/gpt-5.5',
        },
        body: { model: 'openclaw/main' },
      },
    ])
    expect(heard[0]?.headers).not.toHaveProperty('x-openclaw-agent-id')
    play('http-chat-completions', 'stream')
    let text = ''
    const messages = [{ role: 'user' as const, content: 'Hello' }]
    for await (const chunk of await openai.chat.completions.create({
      model: model(),
      messages,
      stream: true,
    })) {
      text += chunk.choices[0]?.delta.content ?? ''
    }
    expect(text).toBe('Hello from HTTP stream with a few words')
    expect(heard[1]?.body).toMatchObject({ model: 'openclaw/default' })
  })

  it('never repeats a request, because the agent would run once more', async () => {
    const { model, ...endpoint } = openAiEndpoint({ url: `http://${base}/`, agentId: 'helper' })
    answers.set('/v1/chat/completions', { status: 503, headers: {}, json: { error: { message: 'busy' } } })
    const call = new OpenAI(endpoint).chat.completions.create({ model: model(), messages: [] })
    await expect(call).rejects.toMatchObject({ status: 503 })
    expect(heard).toHaveLength(1)
    expect(heard[0]).toMatchObject({
      headers: { authorization: 'Bearer none', 'x-openclaw-agent-id': 'helper' },
      body: { model: 'openclaw/helper' },
    })
  })

  it('turns every address of a Gateway into the one of its endpoints', () => {
    const url = (address: string): string => openAiEndpoint({ url: address }).baseURL
    expect(url('ws://127.0.0.1:18789')).toBe('http://127.0.0.1:18789/v1')
    expect(url('wss://claw.example/')).toBe('https://claw.example/v1')
    expect(url('https://claw.example/gateway')).toBe('https://claw.example/gateway/v1')
    expect(url('http://[::1]:1')).toBe('http://[::1]:1/v1')
  })

  it('makes a short session key one of the agent', () => {
    const key = (sessionKey: string, agentId?: string): unknown =>
      openAiEndpoint({ url: 'ws://x', sessionKey, agentId }).defaultHeaders['x-openclaw-session-key']
    expect(key('web', 'helper')).toBe('agent:helper:web')
    expect(key('agent:main:web', 'helper')).toBe('agent:main:web')
    expect(key('web')).toBe('web')
  })

  it('names the option that is wrong, never the token', () => {
    const make = (options: object) => () => openAiEndpoint(options)
    expect(make({ url: 'nowhere' })).toThrow('url: expected an address')
    expect(make({ url: 'ws://x', tokn: 'a' })).toThrow('tokn: not an option of openAiEndpoint()')
    expect(make({ url: 'ws://x', sessionKey: 'a\r\nb: c' })).toThrow('sessionKey: expected printable ASCII')
    expect(make({ url: 'ws://x', agentId: '' })).toThrow('agentId: expected printable ASCII')
    expect(make({ url: 'ws://x', token: 'sec ret\n' })).toThrow(
      /^(?!.*sec ret).*token: expected printable ASCII/,
    )
  })
})

describe('probeGateway', () => {
  it('tells a Gateway that takes work', async () => {
    play('http-health', '/healthz')
    play('http-health', '/readyz')
    expect(await probeGateway(`ws://${base}`)).toEqual({ live: true, ready: true, failing: [] })
    expect(heard.every(({ headers }) => headers.authorization === undefined)).toBe(true)
  })

  it('tells one that is still starting, and what it waits for', async () => {
    play('http-health', '/healthz')
    answers.set('/readyz', {
      status: 503,
      headers: { 'content-type': 'application/json' },
      json: { ready: false, failing: ['startup-sidecars'] },
    })
    expect(await probeGateway(`http://${base}/`)).toEqual({
      live: true,
      ready: false,
      failing: ['startup-sidecars'],
    })
  })

  it('tells one that does not answer, is silent, or is something else', async () => {
    expect(await probeGateway(`ws://${base}`, { timeoutMs: 50 })).toEqual({
      live: false,
      ready: false,
      failing: ['unreachable'],
    })
    for (const path of ['/healthz', '/readyz'])
      answers.set(path, { status: 404, headers: {}, text: 'Not Found' })
    expect(await probeGateway(`ws://${base}`)).toEqual({ live: false, ready: false, failing: ['HTTP 404'] })
    await close()
    expect((await probeGateway(`ws://${base}`)).failing).toEqual(['unreachable'])
  })

  it('stops with the reason, and refuses what is no address', async () => {
    const reason = new Error('given up')
    await expect(probeGateway(`ws://${base}`, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    await expect(probeGateway('nowhere')).rejects.toMatchObject({ code: 'invalid_option' })
    await expect(probeGateway(`ws://${base}`, { timeoutMs: 0 })).rejects.toMatchObject({
      code: 'invalid_option',
    })
  })
})
