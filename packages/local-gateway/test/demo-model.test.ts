import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import OpenAI, {
  APIError,
  AuthenticationError,
  AzureOpenAI,
  InternalServerError,
  RateLimitError,
  toFile,
} from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoModelFetch } from '../src/demo-model/demo-model-fetch.ts'
import { demoRoutes } from '../src/http/demo-routes.ts'

type Messages = OpenAI.ChatCompletionMessageParam[]

let server: ReturnType<typeof serve>
let baseURL: string
let openai: OpenAI

beforeAll(async () => {
  const app = new Hono().route('/demo/v1', demoRoutes())
  const address = await new Promise<AddressInfo>((resolve) => {
    server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, resolve)
  })
  baseURL = `http://127.0.0.1:${address.port}/demo/v1`
  openai = new OpenAI({ baseURL, apiKey: 'none', maxRetries: 0 })
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

const weather: OpenAI.ChatCompletionTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Tells the temperature in a city',
    parameters: {
      type: 'object',
      properties: {
        city: { type: 'string' },
        unit: { enum: ['celsius', 'fahrenheit'] },
        days: { type: 'integer' },
      },
      required: ['city', 'unit'],
    },
  },
}
const clock: OpenAI.ChatCompletionTool = {
  type: 'function',
  function: {
    name: 'get_time',
    description: 'Tells the time',
    parameters: { type: 'object', properties: {} },
  },
}

function chat(content: string, more: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming> = {}) {
  return openai.chat.completions.create({
    model: 'pincer-demo',
    messages: [{ role: 'user', content }],
    ...more,
  })
}

function chatStream(content: string, more: Partial<OpenAI.ChatCompletionCreateParamsStreaming> = {}) {
  const messages: Messages = [{ role: 'user', content }]
  return openai.chat.completions.create({ model: 'pincer-demo', messages, stream: true, ...more })
}

async function collect<Item>(stream: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = []
  for await (const item of stream) items.push(item)
  return items
}

describe('chat completions', () => {
  it('answers a plain call with text, usage and a request id', async () => {
    const answer = await chat('Say hello there')
    expect(answer.choices[0]?.message.content).toBe('hello there')
    expect(answer.choices[0]?.finish_reason).toBe('stop')
    expect(answer.model).toBe('pincer-demo')
    expect(answer._request_id).toMatch(/^req_demo_/)
    // 15 characters are 4 tokens, and every message costs 4 more; the answer has 11 characters.
    expect(answer.usage).toMatchObject({ prompt_tokens: 8, completion_tokens: 3, total_tokens: 11 })
  })

  it('gives the same answer to the same words, under new ids', async () => {
    const [first, second] = await Promise.all([chat('What is this?'), chat('What is this?')])
    expect(first.choices).toEqual(second.choices)
    expect(first.usage).toEqual(second.usage)
    expect(first.id).not.toBe(second.id)
  })

  it('answers for models it does not have, under its own name', async () => {
    expect((await chat('Say hi', { model: 'gpt-5' })).model).toBe('pincer-demo')
  })

  it('counts what an earlier request sent as cached', async () => {
    const messages: Messages = [
      { role: 'system', content: 'x'.repeat(40) },
      { role: 'user', content: 'Say one' },
      { role: 'assistant', content: 'one' },
      { role: 'user', content: 'Say two' },
    ]
    const answer = await openai.chat.completions.create({ model: 'pincer-demo', messages })
    expect(answer.usage?.prompt_tokens_details?.cached_tokens).toBe(10 + 4 + 2 + 4)
    expect(answer.usage?.prompt_tokens).toBe(10 + 4 + 2 + 4 + 1 + 4 + 2 + 4)
  })

  it('streams text, and usage in a last chunk without choices when asked', async () => {
    const chunks = await collect(
      await chatStream('Say one two three', { stream_options: { include_usage: true } }),
    )
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('one two three')
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 4 } })
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true)
    const without = await collect(await chatStream('Say one two three'))
    expect(without.some((chunk) => chunk.choices.length === 0 || 'usage' in chunk)).toBe(false)
    expect(without.at(-1)?.choices[0]?.finish_reason).toBe('stop')
  })

  it('answers several choices and counts each', async () => {
    const answer = await chat('Say hello there', { n: 3 })
    expect(answer.choices.map((choice) => choice.index)).toEqual([0, 1, 2])
    expect(answer.usage?.completion_tokens).toBe(9)
  })

  it('reports reasoning tokens as part of the output', async () => {
    const answer = await chat('Say hi', { model: 'pincer-demo-reasoning' })
    const reasoning = answer.usage?.completion_tokens_details?.reasoning_tokens ?? 0
    expect(reasoning).toBeGreaterThan(10)
    expect(answer.usage?.completion_tokens).toBe(reasoning + 1)
    expect((await chat('Say hi [[reason]]')).usage?.completion_tokens_details?.reasoning_tokens).toBe(
      reasoning,
    )
  })
})

describe('finish reasons', () => {
  it('stops at the token limit', async () => {
    const answer = await chat('[[words:50]]', { max_completion_tokens: 5 })
    expect(answer.choices[0]?.finish_reason).toBe('length')
    expect(answer.usage?.completion_tokens).toBe(5)
    expect((await chat('Say a rather long sentence [[length]]')).choices[0]?.finish_reason).toBe('length')
  })

  it('refuses and filters on request, streamed or not', async () => {
    const refused = await chat('Do it [[refuse]]')
    expect(refused.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: null } })
    expect(refused.choices[0]?.message.refusal).toContain('cannot')
    const chunks = await collect(await chatStream('Do it [[refuse]]'))
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.refusal ?? '').join('')).toContain('cannot')
    expect((await chat('Do it [[filter]]')).choices[0]?.finish_reason).toBe('content_filter')
  })
})

describe('tools', () => {
  it('calls the tool that the words name, with arguments from the words', async () => {
    const answer = await chat('What is the weather in New York in fahrenheit?', { tools: [clock, weather] })
    const call = answer.choices[0]?.message.tool_calls?.[0]
    expect(answer.choices[0]?.finish_reason).toBe('tool_calls')
    expect(call).toMatchObject({ type: 'function', function: { name: 'get_weather' } })
    const input: unknown = JSON.parse(call?.type === 'function' ? call.function.arguments : '')
    expect(input).toEqual({ city: 'New York', unit: 'fahrenheit' })
  })

  it('answers in words when no tool fits, or none may be called', async () => {
    expect((await chat('Say hello', { tools: [weather] })).choices[0]?.message.content).toBe('hello')
    const none = await chat('Tell me the weather', { tools: [weather], tool_choice: 'none' })
    expect(none.choices[0]?.message.tool_calls).toBeUndefined()
  })

  it('calls several tools at once, one where parallel calls are off, and the one that is forced', async () => {
    const words = 'The weather and the time in Rome, please'
    const both = await chat(words, { tools: [weather, clock] })
    expect(both.choices[0]?.message.tool_calls).toHaveLength(2)
    const one = await chat(words, { tools: [weather, clock], parallel_tool_calls: false })
    expect(one.choices[0]?.message.tool_calls).toHaveLength(1)
    const forced = await chat('Hello', {
      tools: [weather, clock],
      tool_choice: { type: 'function', function: { name: 'get_time' } },
    })
    expect(forced.choices[0]?.message.tool_calls).toMatchObject([
      { function: { name: 'get_time', arguments: '{}' } },
    ])
    const required = await chat('Hello', { tools: [clock], tool_choice: 'required' })
    expect(required.choices[0]?.message.tool_calls).toHaveLength(1)
  })

  it('streams arguments in pieces', async () => {
    const mark = '[[tool:get_weather {"city":"Oslo","unit":"celsius","tags":[["]]"]]}]]'
    const chunks = await collect(await chatStream(mark, { tools: [weather] }))
    const pieces = chunks.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? [])
    expect(pieces.length).toBeGreaterThan(3)
    const whole: unknown = JSON.parse(pieces.map((piece) => piece.function?.arguments ?? '').join(''))
    expect(whole).toEqual({ city: 'Oslo', unit: 'celsius', tags: [[']]']] })
    expect(pieces.filter((piece) => piece.id !== undefined)).toHaveLength(1)
  })

  it('runs the whole loop of runTools and uses what the tool answered', async () => {
    const runner = openai.chat.completions.runTools({
      model: 'pincer-demo',
      messages: [{ role: 'user', content: 'What is the weather in Paris?' }],
      tools: [
        {
          type: 'function',
          function: {
            name: 'get_weather',
            description: 'Tells the temperature in a city',
            parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
            parse: (text: string): { city: string } => ({
              city: String((JSON.parse(text) as { city: string }).city),
            }),
            function: ({ city }: { city: string }) => ({ city, degrees: 18 }),
          },
        },
      ],
    })
    expect(await runner.finalContent()).toBe('get_weather answered: city Paris, degrees 18.')
    expect((await runner.totalUsage()).total_tokens).toBeGreaterThan(20)
  })

  it('follows one step of a script after the other', async () => {
    const content =
      '[[tool:get_time {}]] [[then]] [[tool:get_weather {"city":"Rome","unit":"celsius"}]] [[then]] [[error:500]]'
    const messages: Messages = [{ role: 'user', content }]
    const names: string[] = []
    for (let step = 0; step < 2; step++) {
      const answer = await openai.chat.completions.create({
        model: 'pincer-demo',
        messages,
        tools: [clock, weather],
      })
      const message = answer.choices[0]?.message
      if (message === undefined) throw new Error('no message')
      messages.push(message)
      for (const call of message.tool_calls ?? []) {
        if (call.type === 'function') names.push(call.function.name)
        messages.push({ role: 'tool', tool_call_id: call.id, content: 'done' })
      }
    }
    expect(names).toEqual(['get_time', 'get_weather'])
    await expect(openai.chat.completions.create({ model: 'pincer-demo', messages })).rejects.toThrow(
      InternalServerError,
    )
  })

  it('says so when a script calls a tool that was not offered', async () => {
    expect((await chat('[[tool:nothing {}]]')).choices[0]?.message.content).toContain('"nothing"')
  })
})

describe('structured output', () => {
  it('follows a JSON schema', async () => {
    const schema = {
      type: 'object',
      properties: {
        name: { type: 'string' },
        age: { type: 'integer', minimum: 0 },
        address: { $ref: '#/$defs/address' },
        nick: { anyOf: [{ type: 'null' }, { type: 'string' }] },
      },
      required: ['name', 'age', 'address', 'nick'],
      $defs: { address: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } },
    }
    const answer = await openai.chat.completions.parse({
      model: 'pincer-demo',
      messages: [
        { role: 'user', content: 'A person named "Ada", 36 years old, from "London", nick "Countess"' },
      ],
      response_format: { type: 'json_schema', json_schema: { name: 'person', schema, strict: true } },
    })
    expect(JSON.parse(answer.choices[0]?.message.content ?? '')).toEqual({
      name: 'Ada',
      age: 36,
      address: { city: 'London' },
      nick: 'Countess',
    })
  })
})

describe('errors', () => {
  it('answers the asked status with the official error class and a request id', async () => {
    const limited = await chat('[[error:429]]').catch((error: unknown) => error)
    expect(limited).toBeInstanceOf(RateLimitError)
    expect(limited).toMatchObject({
      status: 429,
      code: 'rate_limit_exceeded',
      requestID: expect.stringMatching(/^req_demo_/),
    })
    expect((limited as RateLimitError).headers?.get('retry-after')).toBe('1')
    await expect(chat('[[error:401]]')).rejects.toThrow(AuthenticationError)
    await expect(chatStream('[[error:500]]')).rejects.toThrow(InternalServerError)
  })

  it('fails so many attempts, then answers', async () => {
    const retrying = openai.withOptions({ maxRetries: 2 })
    const messages: Messages = [{ role: 'user', content: 'Say done [[error:429x2]]' }]
    const answer = await retrying.chat.completions.create({ model: 'pincer-demo', messages })
    expect(answer.choices[0]?.message.content).toBe('done')
  })

  it('sends an error event midway', async () => {
    const stream = await chatStream('Say one two three four [[error-midstream]]')
    const seen: string[] = []
    const failure = await (async () => {
      for await (const chunk of stream) seen.push(chunk.choices[0]?.delta.content ?? '')
    })().catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(APIError)
    expect(seen.join('')).toContain('one')
  })

  it('cuts a stream and a plain answer midway', async () => {
    const stream = await chatStream('Say one two three four [[cut]]')
    await expect(collect(stream)).rejects.toThrow(/terminated|fetch failed|aborted/)
    await expect(chat('Say one [[cut]]')).rejects.toThrow()
  })

  it('waits before each piece of a slow stream, and stops when the caller leaves', async () => {
    const stream = await chatStream('[[words:2000]] [[slow:20]]')
    let count = 0
    for await (const _ of stream) if (++count === 3) break
    expect(stream.controller.signal.aborted).toBe(true)
  })

  it('gives up a slow answer when the caller aborts', async () => {
    const abort = new AbortController()
    const request = new Request('http://demo.invalid/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify({ model: 'pincer-demo', messages: [{ role: 'user', content: '[[slow:60000]]' }] }),
      signal: abort.signal,
    })
    const answer = demoModelFetch(request)
    abort.abort()
    expect((await answer).status).toBe(499)
  })

  it('takes unfinished and unknown marks for words, however many there are', async () => {
    const words = '[[tool:x {"a":[[ ]] [[nothing]] [[error:42]] [[slow]]'
    expect((await chat(`Say ${words}`)).choices[0]?.message.content).toBe(words)
    const hostile = '[[tool:x {"' + ']]'.repeat(100_000)
    const startedAt = performance.now()
    await chat(`${hostile}${'[[tool:y {"]]'.repeat(20_000)}${' '.repeat(100_000)}`)
    expect(performance.now() - startedAt).toBeLessThan(15_000)
  })

  it('names the field that does not fit', async () => {
    const failure = await openai
      .post('/chat/completions', { body: { model: 'pincer-demo', messages: [{ role: 'robot' }] } })
      .catch((error: unknown) => error)
    expect(failure).toMatchObject({ status: 400, param: 'messages[0].role', code: 'invalid_value' })
    await expect(openai.post('/nothing', { body: {} })).rejects.toMatchObject({ status: 404 })
    await expect(openai.models.retrieve('gpt-5')).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    })
  })
})

describe('responses', () => {
  const tool: OpenAI.Responses.FunctionTool = {
    type: 'function',
    name: 'get_weather',
    description: 'Tells the temperature in a city',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    },
    strict: true,
  }

  it('answers, and goes on from an earlier response', async () => {
    const first = await openai.responses.create({
      model: 'pincer-demo',
      instructions: 'Be kind.',
      input: 'Say hello',
    })
    expect(first).toMatchObject({ status: 'completed', output_text: 'hello', model: 'pincer-demo' })
    expect(first.usage).toMatchObject({ output_tokens: 2, input_tokens_details: { cached_tokens: 0 } })
    const next = await openai.responses.create({
      model: 'pincer-demo',
      input: 'Say more',
      previous_response_id: first.id,
    })
    expect(next.usage?.input_tokens_details.cached_tokens).toBeGreaterThan(0)
    const unknown = openai.responses.create({
      model: 'pincer-demo',
      input: 'x',
      previous_response_id: 'resp_none',
    })
    await expect(unknown).rejects.toMatchObject({ status: 400, code: 'previous_response_not_found' })
  })

  it('runs a tool loop by input items and by previous_response_id', async () => {
    const first = await openai.responses.create({
      model: 'pincer-demo',
      input: 'The weather in Paris?',
      tools: [tool],
    })
    const call = first.output.find((item) => item.type === 'function_call')
    if (call === undefined) throw new Error('no call')
    expect(JSON.parse(call.arguments)).toEqual({ city: 'Paris' })
    const output = { type: 'function_call_output' as const, call_id: call.call_id, output: '{"degrees":18}' }
    const byId = await openai.responses.create({
      model: 'pincer-demo',
      tools: [tool],
      previous_response_id: first.id,
      input: [output],
    })
    expect(byId.output_text).toBe('get_weather answered: degrees 18.')
    const byItems = await openai.responses.create({
      model: 'pincer-demo',
      tools: [tool],
      input: [{ role: 'user', content: 'The weather in Paris?' }, call, output],
    })
    expect(byItems.output_text).toBe(byId.output_text)
  })

  it('streams events in order, with usage in the last one', async () => {
    const stream = openai.responses.stream({
      model: 'pincer-demo-reasoning',
      input: 'The weather in Paris?',
      tools: [tool],
    })
    const events = await collect(stream)
    expect(events[0]?.type).toBe('response.created')
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index))
    expect(new Set(events.map((event) => event.type))).toContain('response.reasoning_summary_text.delta')
    const final = await stream.finalResponse()
    expect(final.output.map((item) => item.type)).toEqual(['reasoning', 'function_call'])
    expect(final.usage?.output_tokens_details.reasoning_tokens).toBeGreaterThan(0)
    const text = await openai.responses.stream({ model: 'pincer-demo', input: 'Say hello' }).finalResponse()
    expect(text.output_text).toBe('hello')
  })

  it('tells incomplete, filtered, refused and failing ends apart', async () => {
    const model = 'pincer-demo'
    const short = await openai.responses.create({ model, input: '[[words:50]]', max_output_tokens: 3 })
    expect(short).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } })
    const shortEvents = await collect(
      await openai.responses.create({ model, input: '[[words:9]] [[length]]', stream: true }),
    )
    expect(shortEvents.at(-1)?.type).toBe('response.incomplete')
    const filtered = await openai.responses.create({ model, input: '[[filter]]' })
    expect(filtered.incomplete_details).toEqual({ reason: 'content_filter' })
    const refused = await openai.responses.create({ model, input: '[[refuse]]' })
    expect(refused.output[0]).toMatchObject({ type: 'message', content: [{ type: 'refusal' }] })
    const broken = await openai.responses.create({
      model,
      input: 'Say a b c [[error-midstream]]',
      stream: true,
    })
    await expect(collect(broken)).rejects.toThrow(APIError)
    const cut = await openai.responses.create({ model, input: 'Say a b c [[cut]]', stream: true })
    await expect(collect(cut)).rejects.toThrow()
  })

  it('parses structured output', async () => {
    const parsed = await openai.responses.parse({
      model: 'pincer-demo',
      input: 'The number 7',
      text: {
        format: {
          type: 'json_schema',
          name: 'number',
          strict: true,
          schema: { type: 'object', properties: { value: { type: 'number' } }, required: ['value'] },
        },
      },
    })
    expect(JSON.parse(parsed.output_text)).toEqual({ value: 7 })
  })

  it('works in the background until it is done, cancelled or deleted', async () => {
    const started = await openai.responses.create({
      model: 'pincer-demo',
      input: 'Say done',
      background: true,
    })
    expect(started).toMatchObject({ status: 'queued', output: [] })
    expect((await openai.responses.retrieve(started.id)).status).toBe('in_progress')
    const done = await openai.responses.retrieve(started.id)
    expect(done).toMatchObject({ status: 'completed', output_text: 'done', usage: { output_tokens: 1 } })
    const other = await openai.responses.create({
      model: 'pincer-demo',
      input: '[[slow:60000]]',
      background: true,
    })
    expect((await openai.responses.cancel(other.id)).status).toBe('cancelled')
    await openai.responses.delete(other.id)
    await expect(openai.responses.retrieve(other.id)).rejects.toMatchObject({ status: 404 })
    const failing = await openai.responses.create({
      model: 'pincer-demo',
      input: '[[error:500]]',
      background: true,
    })
    await openai.responses.retrieve(failing.id)
    expect(await openai.responses.retrieve(failing.id)).toMatchObject({
      status: 'failed',
      error: { code: 'server_error' },
    })
  })
})

describe('the other endpoints', () => {
  it('lists models that say what they are', async () => {
    const models = await collect(openai.models.list())
    expect(models.map((model) => model.owned_by)).toEqual(models.map(() => 'pincer-demo'))
    expect((await openai.models.retrieve('pincer-demo')).id).toBe('pincer-demo')
  })

  it('embeds the same text to the same vector, in both encodings', async () => {
    const model = 'pincer-demo-embedding'
    const input = ['a red apple', 'a red pear', 'quarterly tax report']
    const plain = await openai.embeddings.create({ model, input, dimensions: 128, encoding_format: 'float' })
    const encoded = await openai.embeddings.create({ model, input, dimensions: 128 })
    expect(encoded.data.map((item) => item.embedding)).toEqual(plain.data.map((item) => item.embedding))
    const [apple = [], pear = [], tax = []] = plain.data.map((item) => item.embedding)
    const dot = (left: number[], right: number[]): number =>
      left.reduce((sum, value, at) => sum + value * (right[at] ?? 0), 0)
    expect(dot(apple, apple)).toBeCloseTo(1, 5)
    expect(dot(apple, pear)).toBeGreaterThan(dot(apple, tax))
    expect(plain.usage).toEqual({ prompt_tokens: 11, total_tokens: 11 })
    await expect(openai.embeddings.create({ model, input: '[[error:500]]' })).rejects.toThrow(
      InternalServerError,
    )
  })

  it('completes prompts of the old API, streamed or not', async () => {
    const answer = await openai.completions.create({ model: 'pincer-demo', prompt: 'Say hello' })
    expect(answer.choices[0]?.text).toBe('hello')
    expect(answer.usage?.completion_tokens).toBe(2)
    const chunks = await collect(
      await openai.completions.create({
        model: 'pincer-demo',
        prompt: 'Say one two',
        stream: true,
        stream_options: { include_usage: true },
      }),
    )
    expect(chunks.map((chunk) => chunk.choices[0]?.text ?? '').join('')).toBe('one two')
    expect(chunks.at(-1)?.usage?.completion_tokens).toBe(2)
  })

  it('moderates', async () => {
    const { results } = await openai.moderations.create({ input: ['a nice day', 'violence', '[[filter]]'] })
    expect(results.map((result) => result.flagged)).toEqual([false, true, true])
  })

  it('makes images', async () => {
    const image = await openai.images.generate({ model: 'pincer-demo-image', prompt: 'a crab', n: 2 })
    const bytes = Buffer.from(image.data?.[0]?.b64_json ?? '', 'base64')
    expect(bytes.subarray(1, 4).toString()).toBe('PNG')
    expect(image.data).toHaveLength(2)
    expect(image.usage).toMatchObject({ input_tokens: 2, output_tokens: 544, total_tokens: 546 })
    const events = await collect(
      await openai.images.generate({ model: 'pincer-demo-image', prompt: 'a crab', stream: true }),
    )
    expect(events.at(-1)).toMatchObject({ type: 'image_generation.completed', usage: { output_tokens: 272 } })
  })

  it('speaks and hears', async () => {
    const speech = await openai.audio.speech.create({
      model: 'pincer-demo-speech',
      voice: 'alloy',
      input: 'Hello there',
    })
    const bytes = Buffer.from(await speech.arrayBuffer())
    expect(bytes.subarray(0, 4).toString()).toBe('RIFF')
    const file = await toFile(bytes, 'hello.wav')
    const model = 'pincer-demo-transcription'
    const heard = await openai.audio.transcriptions.create({ model, file, prompt: 'Hello there' })
    expect(heard.text).toBe('Hello there')
    expect(heard.usage).toMatchObject({ type: 'tokens', output_tokens: 3 })
    const events = await collect(
      await openai.audio.transcriptions.create({ model, file, prompt: 'Hello there', stream: true }),
    )
    expect(events.at(-1)).toMatchObject({ type: 'transcript.text.done', text: 'Hello there' })
    expect((await openai.audio.translations.create({ model, file, prompt: 'Hello' })).text).toBe('Hello')
    await expect(openai.post('/audio/transcriptions', { body: {} })).rejects.toMatchObject({ status: 400 })
  })

  it('answers the paths of Azure deployments', async () => {
    const azure = new AzureOpenAI({
      baseURL,
      apiKey: 'none',
      apiVersion: '2025-01-01',
      deployment: 'mine',
      maxRetries: 0,
    })
    const messages: Messages = [{ role: 'user', content: 'Say hello' }]
    const answer = await azure.chat.completions.create({ model: 'pincer-demo', messages })
    expect(answer.choices[0]?.message.content).toBe('hello')
  })

  it('answers in process, without a port', async () => {
    const inProcess = new OpenAI({
      apiKey: 'none',
      maxRetries: 0,
      fetch: (url, init) => demoModelFetch(new Request(url, init)),
    })
    const started = await inProcess.responses.create({
      model: 'pincer-demo',
      input: 'Say hello',
      background: true,
    })
    await inProcess.responses.retrieve(started.id)
    expect((await inProcess.responses.retrieve(started.id)).output_text).toBe('hello')
  })
})
