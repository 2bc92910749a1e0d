import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { UnsupportedByGatewayError } from '@pincer/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openclaw, type OpenClawGateway } from '../src/gateway/openclaw-gateway.ts'
import { collectFailure } from './collect-failure.ts'

/** A request for vectors as it comes in. */
interface Body {
  readonly model: string
  readonly input: readonly string[]
}

/** A refusal of the real Gateway. */
interface Refusal {
  readonly response: { readonly status: number; readonly json: unknown }
}

interface Asked {
  readonly path: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: Body
}

let asked: Asked[]
let answer: (body: Body, response: ServerResponse) => void
let gateway: OpenClawGateway
let closeServer: () => Promise<void>

beforeEach(async () => {
  asked = []
  answer = (body, response) => {
    // The order of the rows is told by their index alone.
    const data = body.input.map((text, index) => ({ index, embedding: [text.length, index] })).toReversed()
    const usage = { prompt_tokens: 0, total_tokens: 0 }
    response.end(JSON.stringify({ object: 'list', data, model: body.model, usage }))
  }
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (piece) => (text += String(piece)))
    request.on('end', () => {
      const { url: path, headers } = request
      const body = JSON.parse(text) as Body
      asked.push({ path, headers, body })
      answer(body, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  gateway = openclaw({
    url: 'ws://127.0.0.1:1',
    token: 'secret',
    http: { url: `http://127.0.0.1:${port}`, token: 'http-secret' },
  })
  closeServer = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})
afterEach(async () => {
  await gateway.close()
  await closeServer()
})

describe('embeddings', () => {
  it('names the agent and the model, and gives the vectors in order, without a count of nothing', async () => {
    const found = await gateway.embeddings.embed({ model: 'openai/small', values: ['crab', 'shore'] })
    expect(found).toEqual({
      vectors: [
        [4, 0],
        [5, 1],
      ],
    })
    expect(asked).toMatchObject([
      {
        path: '/v1/embeddings',
        headers: { authorization: 'Bearer http-secret', 'x-openclaw-model': 'openai/small' },
        body: { model: 'openclaw/default', input: ['crab', 'shore'] },
      },
    ])
    await gateway.embeddings.embed({ values: ['crab'] })
    expect(asked[1]?.headers).not.toHaveProperty('x-openclaw-model')
    answer = (_body, response) =>
      response.end(JSON.stringify({ data: [{ embedding: [1] }], usage: { total_tokens: 7 } }))
    expect((await gateway.embeddings.embed({ values: ['crab'] })).usage).toMatchObject({
      inputTokens: 7,
      totalTokens: 7,
    })
  })

  it('asks several times for more than the Gateway takes at once', async () => {
    const many = Array.from({ length: 130 }, (_, at) => 'x'.repeat(at + 1))
    const { vectors } = await gateway.embeddings.embed({ values: many })
    expect(vectors.map(([length]) => length)).toEqual(many.map((text) => text.length))
    expect(asked.map(({ body }) => body.input.length)).toEqual([128, 2])
    asked.length = 0
    await gateway.embeddings.embed({ values: Array.from({ length: 17 }, () => 'y'.repeat(8000)) })
    expect(asked.map(({ body }) => body.input.length)).toEqual([8, 8, 1])
    expect(await gateway.embeddings.embed({ values: [] })).toEqual({ vectors: [] })
    await expect(gateway.embeddings.embed({ values: ['x', ''] })).rejects.toMatchObject({
      status: 400,
      message: 'values[1]: expected a text that is not empty',
    })
    expect(asked).toHaveLength(3)
  })

  it('says what the real Gateway refused, and what to set', async () => {
    const lines = readFileSync(new URL('fixtures/http-embeddings.jsonl', import.meta.url), 'utf8').trim()
    const refusals = lines.split('\n').map((line) => JSON.parse(line) as Refusal)
    const failures: unknown[] = []
    for (const { response: recorded } of refusals) {
      answer = (_body, response) => {
        response.writeHead(recorded.status)
        response.end(JSON.stringify(recorded.json))
      }
      failures.push(await collectFailure(gateway.embeddings.embed({ values: ['crab'] })))
    }
    expect(failures).toMatchObject([
      { status: 500, gatewayCode: 'embedding_failed', message: expect.stringContaining('`memory.search`') },
      {
        status: 400,
        gatewayCode: 'embedding_refused',
        retryable: false,
        message: expect.stringContaining('does not allow that embedding provider'),
      },
      { status: 400, gatewayCode: 'embedding_refused', message: expect.stringContaining('Invalid `model`') },
    ])
    answer = (_body, response) => response.writeHead(404).end('Not Found')
    const off = await collectFailure(gateway.embeddings.embed({ values: ['crab'] }))
    expect(off).toBeInstanceOf(UnsupportedByGatewayError)
    expect(String(off)).toContain('gateway.http.endpoints.chatCompletions.enabled')
    answer = (_body, response) => response.writeHead(401).end('{"error":{"message":"Unauthorized"}}')
    const token = await collectFailure(gateway.embeddings.embed({ values: ['crab'] }))
    expect(token).toMatchObject({ status: 401, message: expect.stringContaining('`http.token`') })
    expect(String(token)).not.toContain('http-secret')
  })

  it.each([
    ['nothing', ''],
    ['no JSON', '<html>'],
    ['too few', '{"data":[]}'],
    ['one twice', '{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[2]}]}'],
    ['a place that there is not', '{"data":[{"index":0,"embedding":[1]},{"index":9,"embedding":[2]}]}'],
    ['words for numbers', '{"data":[{"embedding":["1"]},{"embedding":[2]}]}'],
    ['a number that is none', '{"data":[{"embedding":[1]},{"embedding":[null]}]}'],
  ])('does not take %s for vectors', async (_name, body) => {
    answer = (_request, response) => response.end(body)
    await expect(gateway.embeddings.embed({ values: ['crab', 'shore'] })).rejects.toMatchObject({
      status: 502,
      gatewayCode: 'invalid_answer',
    })
  })

  it('breaks off with its signal, and when the gateway is closed', async () => {
    answer = () => undefined
    const stop = new AbortController()
    const asking = gateway.embeddings.embed({ values: ['crab'] }, { signal: stop.signal })
    setTimeout(() => stop.abort(new Error('looked away')), 20)
    await expect(asking).rejects.toThrow('looked away')
    const closing = gateway.embeddings.embed({ values: ['crab'] })
    setTimeout(() => void gateway.close(), 20)
    await expect(closing).rejects.toMatchObject({ code: 'closed' })
  })

  it('sends no token to a public host over plain HTTP, and needs to know where HTTP is', async () => {
    const open = openclaw({ url: 'ws://127.0.0.1:1', token: 'secret', http: { url: 'http://claw.example' } })
    await expect(open.embeddings.embed({ values: ['crab'] })).rejects.toMatchObject({
      gatewayCode: 'INSECURE_URL',
    })
    const other = openclaw({ transport: { request: async () => ({}), async *events() {} } })
    await expect(other.embeddings.embed({ values: ['crab'] })).rejects.toThrow('pass `http: { url, token }`')
    await Promise.all([open.close(), other.close()])
  })
})
