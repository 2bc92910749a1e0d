import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { makeClaw, rejection } from './make-claw.ts'
import { startServer } from './recording-server.ts'

// The official client, found as the adapter finds it: this package does not depend on either.
interface OpenAILike {
  readonly chat: {
    readonly completions: {
      create(body: object): Promise<AsyncIterable<unknown> & { choices: unknown[] }>
    }
  }
}
async function makeOpenAI(baseURL: string): Promise<OpenAILike> {
  const adapter = fileURLToPath(import.meta.resolve('@pincer/openai'))
  const found = pathToFileURL(createRequire(adapter).resolve('openai')).href
  const { OpenAI } = (await import(/* @vite-ignore */ found)) as {
    OpenAI: new (options: object) => OpenAILike
  }
  return new OpenAI({ baseURL, apiKey: 'sk-test', maxRetries: 0 })
}

const usage = { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 }
const messages = [{ role: 'user', content: 'Hello' }]

async function startModel(): ReturnType<typeof startServer> {
  return startServer(({ body }) => {
    const chunk = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-test' }
    if (body?.['stream'] !== true) {
      const message = { role: 'assistant', content: 'Hi' }
      return {
        body: {
          ...chunk,
          object: 'chat.completion',
          choices: [{ index: 0, message, finish_reason: 'stop' }],
          usage,
        },
      }
    }
    const frames = [
      { ...chunk, choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }] },
      { ...chunk, choices: [], usage },
    ]
    return {
      headers: { 'content-type': 'text/event-stream' },
      body: `${frames.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join('')}data: [DONE]\n\n`,
    }
  })
}

describe('wrapClient', () => {
  test('reports the tokens of every call, streams too', async () => {
    await using model = await startModel()
    await using server = await startServer(() => ({ status: 201, body: { snapshot: {} } }))
    const claw = makeClaw(server.url)
    const openai = await claw.wrapClient(await makeOpenAI(model.url))
    await openai.chat.completions.create({ model: 'gpt-test', messages })
    const stream = await openai.chat.completions.create({ model: 'gpt-test', messages, stream: true })
    for await (const _ of stream);
    await claw.close()
    const report = { tokens_in: 12, tokens_out: 3, model: 'gpt-test', agent_id: 'test-agent' }
    expect(server.requests.map(({ path, body }) => [path, body])).toEqual([
      ['/api/tokens', report],
      ['/api/tokens', report],
    ])
  })

  test('a server that has no such route is no error', async () => {
    await using model = await startModel()
    await using server = await startServer(() => ({ status: 404, body: '<html>no</html>' }))
    const claw = makeClaw(server.url)
    const openai = await claw.wrapClient(await makeOpenAI(model.url), 'openai')
    expect((await openai.chat.completions.create({ model: 'gpt-test', messages })).choices).toHaveLength(1)
    await claw.close()
    expect(server.requests).toHaveLength(1)
  })

  test('a package that is not installed is named', async () => {
    const story = fileURLToPath(new URL('wrap-client-story.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=@pincer/source', '--disable-warning=ExperimentalWarning', story],
      { timeout: 10_000 },
    )
    expect(stdout).toContain(
      'needs the package @pincer/openai; install it with `npm install @pincer/core @pincer/openai`',
    )
    expect(stdout).toContain('needs the package @pincer/anthropic; install it with')
  }, 15_000)

  test.each([{}, null, 'openai', { chat: { completions: {} } }])('%j is no client', async (client) => {
    const error = await rejection(makeClaw('http://localhost:1').wrapClient(client as object))
    expect(error).toMatchObject({ code: 'invalid_option' })
    expect(String(error)).toContain('expected a client of OpenAI or Anthropic')
  })
})
