import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { localGateway } from '../src/index.ts'
import { start } from './agent-runs.ts'

/** An upstream that answers every request for vectors the same way; resolves with its address and what it was asked. */
async function startUpstream(
  status: number,
  answer: object,
): Promise<{ readonly baseUrl: string; readonly asked: { model: string; input: string[] }[] }> {
  const asked: { model: string; input: string[] }[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (piece) => (text += String(piece)))
    request.on('end', () => {
      asked.push(JSON.parse(text))
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  return { baseUrl: `http://127.0.0.1:${port}/v1`, asked }
}

const rows = { data: [{ embedding: [1, 0] }, { embedding: [0, 1] }], usage: { prompt_tokens: 7 } }

describe('embeddings', () => {
  it('of the demo model need no configuration, and tell their usage; nothing is recorded', async () => {
    const caller = await start()
    expect(await caller.post('/v1/embeddings', { values: ['a crab', 'a shore'] })).toMatchObject({
      status: 200,
      body: {
        vectors: [expect.any(Array), expect.any(Array)],
        usage: { provider: 'demo', model: 'pincer-demo-embedding', inputTokens: 4, totalTokens: 4 },
      },
    })
    expect((await caller.get('/v1/runs')).body.items).toEqual([])
  })

  it('come from the upstream by the model that was named', async () => {
    const { baseUrl, asked } = await startUpstream(200, rows)
    const gateway = localGateway({ databasePath: ':memory:', model: { baseUrl, apiKey: 'key' } })
    onTestFinished(() => gateway.close())
    const request = { model: 'small', values: ['a', 'b'] }
    expect(await gateway.embeddings.embed(request)).toMatchObject({
      vectors: [
        [1, 0],
        [0, 1],
      ],
      usage: { provider: '127.0.0.1', model: 'small', inputTokens: 7, outputTokens: 0, totalTokens: 7 },
    })
    expect(asked).toMatchObject([{ model: 'small', input: ['a', 'b'] }])
    // One of its own is not known of such an upstream.
    await expect(gateway.embeddings.embed({ values: ['a'] })).rejects.toMatchObject({
      status: 400,
      gatewayCode: 'no_model',
    })
    // Three texts, and two vectors for them.
    await expect(gateway.embeddings.embed({ ...request, values: ['a', 'b', 'c'] })).rejects.toMatchObject({
      gatewayCode: 'upstream_unavailable',
      retryable: true,
    })
  })

  it.each([
    [401, 422, 'upstream_refused', false],
    [400, 422, 'upstream_refused', false],
    [429, 429, 'upstream_refused', true],
    [500, 503, 'upstream_unavailable', true],
  ])('that the upstream answers with %i fail as %i %s', async (upstream, status, code, retryable) => {
    const { baseUrl, asked } = await startUpstream(upstream, { error: { message: 'not today' } })
    const caller = await start({ model: { baseUrl, apiKey: 'a-secret-key' } })
    const answer = await caller.post('/v1/embeddings', { model: 'small', values: ['a'] })
    expect(answer).toMatchObject({ status, body: { error: { code } } })
    expect(answer.body.error.message).toContain('not today')
    expect(JSON.stringify(answer.body)).not.toContain('a-secret-key')
    expect(asked).toHaveLength(1)
    const overHttp = localGateway({ url: caller.url })
    onTestFinished(() => overHttp.close())
    const failure = overHttp.embeddings.embed({ model: 'small', values: ['a'] })
    await expect(failure).rejects.toMatchObject({ status, gatewayCode: code, retryable })
  })

  it('are bounded, and say what is wrong', async () => {
    const caller = await start()
    const many = Array.from({ length: 513 }, () => 'x')
    for (const wrong of [{}, { values: 'x' }, { values: many }, { values: [''] }, { values: [7] }]) {
      expect(await caller.post('/v1/embeddings', wrong)).toMatchObject({
        status: 400,
        body: { error: { code: 'invalid_request', path: expect.stringContaining('body.values') } },
      })
    }
    await expect(caller.service.embeddings.embed({ values: many })).rejects.toThrow(
      'values must be at most 512 texts',
    )
    await expect(caller.service.embeddings.embed({ values: ['x', ''] })).rejects.toThrow('values[1] must be')
  })
})
