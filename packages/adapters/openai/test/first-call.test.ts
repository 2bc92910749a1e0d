import { type Recorded, recorded } from '@pincer/testing'
import type { OpenAI } from 'openai'
import { beforeEach, describe, expect, test, vi } from 'vitest'

import { clientKinds } from './clients.ts'
import { completion, responseObject } from './wire.ts'

const chat = { model: 'gpt-test', messages: [{ role: 'user' as const, content: 'Say hello' }] }
const question = { model: 'gpt-test', input: 'Say hello' }

// Answers before anything could be loaded.
const fetch = (url: unknown, init?: RequestInit): Promise<Response> =>
  Promise.resolve(answer(String(url), typeof init?.body === 'string' ? init.body : ''))

function answer(url: string, body: string): Response {
  if (url.includes('/fail')) return Response.json({ error: { message: 'on purpose' } }, { status: 401 })
  if (!url.includes('/responses')) return Response.json(completion('Hello'))
  if (!body.includes('"stream":true')) return Response.json(responseObject('Hello'))
  const event = { type: 'response.completed', response: responseObject('Hello') }
  const headers = { 'content-type': 'text/event-stream' }
  return new Response(`data: ${JSON.stringify(event)}\n\n`, { headers })
}

const ways: Record<string, (client: OpenAI) => Promise<unknown>> = {
  'a response': (client) => client.responses.create(question),
  'a streamed response': async (client) => {
    for await (const event of await client.responses.create({ ...question, stream: true })) void event
  },
  'a parsed response': (client) => client.responses.parse(question),
  'a response with its head': (client) => client.responses.create(question).withResponse(),
  embeddings: (client) => client.embeddings.create({ ...question, encoding_format: 'float' }),
  'a whole response': async (client) => (await client.chat.completions.create(chat).asResponse()).text(),
  'a tool loop': (client) => client.chat.completions.runTools({ ...chat, tools: [] }).finalContent(),
}

// Everything that is loaded on demand is loaded anew for each test.
describe.each(clientKinds)('the first call of a process with $name', ({ make }) => {
  let record: Recorded
  let wrap: (url: string) => OpenAI
  beforeEach(async () => {
    vi.resetModules()
    const { wrapOpenAI } = await import('../src/index.ts')
    record = recorded()
    wrap = (url) => wrapOpenAI(make(url, { fetch }), record.claw)
  })

  test.each(Object.keys(ways))('has its end before the caller has the answer: %s', async (way) => {
    await ways[way]?.(wrap('http://model.invalid'))
    expect(record.claw.stats().open).toBe(0)
    expect((await record.events()).map(({ type }) => type)).toEqual([
      'run.started',
      'model.call.started',
      'usage.reported',
      'model.call.completed',
      'run.completed',
    ])
    expect((await record.of('model.call.completed'))[0]?.data).toMatchObject({
      outcome: 'ok',
      responseId: expect.any(String) as string,
    })
    await record.done()
  })

  test.each(['a response', 'embeddings', 'a tool loop'])('has its failure, too: %s', async (way) => {
    await expect(ways[way]?.(wrap('http://model.invalid/fail'))).rejects.toThrow('on purpose')
    expect(record.claw.stats().open).toBe(0)
    expect((await record.events()).map(({ type }) => type)).toEqual([
      'run.started',
      'model.call.started',
      'model.call.failed',
      'run.failed',
    ])
    await record.done()
  })

  test('may be parsed while its response is still being got ready', async () => {
    const promise = wrap('http://model.invalid').chat.completions.create(chat)
    const responding = promise.asResponse()
    // The head is there, and what watches the body is not.
    await (promise as unknown as { responsePromise: Promise<unknown> }).responsePromise
    await Promise.resolve()
    expect((await promise).choices[0]?.message.content).toBe('Hello')
    expect((await responding).bodyUsed).toBe(true)
    expect((await record.of('model.call.completed')).map(({ data }) => data.outcome)).toEqual(['ok'])
    await record.done()
  })

  test('a tool loop that fails before its first request is a failed run', async () => {
    const broken = { type: 'function', function: { name: 'x' }, $brand: 'auto-parseable-tool' } as never
    const runner = wrap('http://model.invalid').chat.completions.runTools({ ...chat, tools: [broken] })
    await expect(runner.done()).rejects.toThrow('does not have an associated function')
    await vi.waitFor(async () => expect(await record.of('run.failed')).toHaveLength(1))
    expect((await record.of('run.failed'))[0]?.data.error.message).toContain('associated function')
    await record.done()
  })
})
