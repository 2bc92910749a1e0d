import { jsonAnswer, type Recorded, recorded, useScriptedServer } from '@pincer/testing'
import { addUsage, emptyUsage, GatewayError } from '@pincer/protocol'
import { OpenAI } from 'openai'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { wrapOpenAI } from '../src/index.ts'
import { clientKinds } from './clients.ts'
import { chatStream, completion } from './wire.ts'

const hello = { model: 'gpt-test', messages: [{ role: 'user' as const, content: 'Say hello' }] }
const fixture = useScriptedServer('x-request-id')

describe.each(clientKinds)('what is recorded of $name', ({ make, azure }) => {
  let record: Recorded
  beforeEach(() => {
    record = recorded()
    fixture.server.answer(jsonAnswer(completion('Hello!')))
  })
  afterEach(() => record.done())
  const wrapped = (wrap = {}): ReturnType<typeof make> =>
    wrapOpenAI(make(fixture.server.url), record.claw, wrap)

  test('calls in a run belong to it, parallel ones too, and the sum is the sum of the leaves', async () => {
    const client = wrapped()
    await record.claw.run({ name: 'outer' }, async () => {
      await Promise.all(Array.from({ length: 5 }, () => client.chat.completions.create(hello)))
    })
    const [run, ...others] = await record.of('run.started')
    expect(others).toEqual([])
    const calls = await record.of('model.call.started')
    expect(calls.map((call) => call.runId)).toEqual(Array.from({ length: 5 }, () => run?.runId))
    const usage = await record.of('usage.reported')
    expect(new Set(usage.map((event) => event.actionId)).size).toBe(5)
    expect(usage.map(({ data }) => data).reduce(addUsage, emptyUsage)).toMatchObject({
      inputTokens: 60,
      outputTokens: 25,
      totalTokens: 85,
    })
  })

  test('parent, runName and provider are options', async () => {
    const run = record.claw.startRun({ name: 'given' })
    await wrapped({ parent: run, provider: 'groq' }).chat.completions.create(hello)
    run.end()
    await wrapped({ runName: 'nightly' }).chat.completions.create(hello)
    expect((await record.of('run.started')).map(({ data }) => data.name)).toEqual(['given', 'nightly'])
    const calls = await record.of('model.call.started')
    expect(calls[0]?.runId).toBe(run.runId)
    expect(calls.map(({ data }) => data.provider)).toEqual(['groq', azure ? 'azure' : 'openai'])
    expect((await record.of('usage.reported'))[0]?.data.provider).toBe('groq')
  })

  test('a key in a prompt never leaves the process', async () => {
    const key = 'sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEF'
    await wrapped().chat.completions.create({
      ...hello,
      messages: [{ role: 'user', content: `my key is ${key}` }],
    })
    expect(JSON.stringify(fixture.server.requests[0]?.body)).toContain(key)
    expect(JSON.stringify(await record.events())).not.toContain(key)
  })

  test('recordInputs and recordOutputs: false', async () => {
    const silent = recorded({ recordInputs: false, recordOutputs: false })
    fixture.server.answers(jsonAnswer(completion('a secret answer')), chatStream(['a secret answer']))
    const client = wrapOpenAI(make(fixture.server.url), silent.claw)
    await client.chat.completions.create(hello)
    for await (const part of await client.chat.completions.create({ ...hello, stream: true })) void part
    const text = JSON.stringify(await silent.events())
    expect(text).not.toContain('secret')
    expect(text).not.toContain('Say hello')
    expect(await silent.of('usage.reported')).toHaveLength(2)
    await silent.done()
  })

  test('a run that is not sampled records nothing and changes nothing', async () => {
    const off = recorded({ sample: 0 })
    fixture.server.answers(jsonAnswer(completion('Hello!')), chatStream(['Hel', 'lo']))
    const client = wrapOpenAI(make(fixture.server.url), off.claw)
    expect((await client.chat.completions.create(hello)).choices[0]?.message.content).toBe('Hello!')
    for await (const part of await client.chat.completions.create({ ...hello, stream: true }))
      expect(part.choices).toHaveLength(1)
    expect(await off.events()).toEqual([])
    await off.done()
  })

  test('a gateway that is down is nobody’s problem but ours', async () => {
    const down = recorded(
      { outbox: { maxEvents: 20 } },
      { fail: () => new GatewayError('down', { retryable: true }) },
    )
    const client = wrapOpenAI(make(fixture.server.url), down.claw)
    for (let call = 0; call < 10; call++) {
      expect((await client.chat.completions.create(hello)).choices[0]?.message.content).toBe('Hello!')
    }
    await down.claw.close({ timeoutMs: 10 })
    expect(down.claw.stats().dropped).toBeGreaterThan(0)
  })

  test('a fault of ours never reaches the host', async () => {
    const faults: string[] = []
    const broken = recorded({ onError: (_error, where) => void faults.push(where) })
    const fail = (): never => {
      throw new Error('broken')
    }
    const claw = Object.create(broken.claw, {
      startModelCall: { value: fail },
      startRun: { value: fail },
      startToolCall: { value: fail },
      current: { value: () => undefined },
      report: { value: (error: unknown, where: string) => broken.claw.report(error, where) },
    }) as Recorded['claw']
    fixture.server.answers(jsonAnswer(completion('Hello!')), chatStream(['Hi']))
    const client = wrapOpenAI(make(fixture.server.url), claw)
    expect((await client.chat.completions.create(hello)).choices[0]?.message.content).toBe('Hello!')
    for await (const part of await client.chat.completions.create({ ...hello, stream: true }))
      expect(part.choices).toHaveLength(1)
    const runner = client.chat.completions.runTools({ ...hello, stream: true, tools: [] })
    expect(await runner.finalContent()).toBe('Hi')
    expect(faults.length).toBeGreaterThanOrEqual(3)
    await broken.claw.close()
  })

  test('a call that cannot be made fails as it does without us', async () => {
    const callWithNothing = (client: ReturnType<typeof make>): unknown =>
      (client.chat.completions as unknown as { create(): unknown }).create()
    const outcome = async (call: () => unknown): Promise<string> => {
      try {
        await call()
        return 'no error'
      } catch (error) {
        return String(error)
      }
    }
    const bare = await outcome(() => callWithNothing(make(fixture.server.url)))
    expect(bare).toContain('TypeError')
    expect(await outcome(() => callWithNothing(wrapped()))).toBe(bare)
  })

  test('500 and a refused connection fail the call', async () => {
    fixture.server.answer(jsonAnswer({ error: { message: 'oops' } }, 500))
    await expect(wrapped().chat.completions.create(hello)).rejects.toThrow('oops')
    const nowhere = wrapOpenAI(make('http://127.0.0.1:1'), record.claw)
    await expect(nowhere.chat.completions.create(hello)).rejects.toThrow('Connection error')
    expect((await record.of('model.call.failed')).map(({ data }) => data.error)).toMatchObject([
      { name: 'InternalServerError', status: 500 },
      { name: 'APIConnectionError' },
    ])
  })

  test('a time-out is a failure, not a cancellation', async () => {
    fixture.server.answer(() => {})
    await expect(wrapped().chat.completions.create(hello, { timeout: 30 })).rejects.toThrow('timed out')
    expect((await record.of('model.call.failed'))[0]?.data.error.name).toBe('APIConnectionTimeoutError')
  })
})

describe('clients that cannot be copied', () => {
  let record: Recorded
  beforeEach(() => {
    record = recorded()
    fixture.server.answer(jsonAnswer(completion('Hello!')))
  })
  afterEach(() => record.done())

  class TenantOpenAI extends OpenAI {
    readonly tenant: string
    readonly #secret: string
    constructor(tenant: string, url: string) {
      super({ apiKey: 'sk-test', baseURL: `${url}/v1` })
      this.tenant = tenant
      this.#secret = `secret of ${tenant}`
    }
    secret(): string {
      return this.#secret
    }
  }

  class LabelledOpenAI extends OpenAI {
    readonly label: string
    constructor(options: { readonly label: string; readonly url: string }) {
      super({ apiKey: 'sk-test', baseURL: `${options.url}/v1` })
      this.label = options.label
    }
  }

  test('a subclass with another constructor is patched in place and keeps its own', async () => {
    for (const client of [
      new TenantOpenAI('acme', fixture.server.url),
      new LabelledOpenAI({ label: 'acme', url: fixture.server.url }),
    ]) {
      const wrapped = wrapOpenAI(client, record.claw)
      expect(wrapped).toBe(client)
      expect(wrapOpenAI(client, record.claw)).toBe(client)
      if (wrapped instanceof TenantOpenAI) expect(wrapped.secret()).toBe('secret of acme')
      expect((await wrapped.chat.completions.create(hello)).choices[0]?.message.content).toBe('Hello!')
    }
    expect(await record.of('model.call.started')).toHaveLength(2)
  })

  test('a subclass that takes the same options is copied', () => {
    class SameOpenAI extends OpenAI {
      greet(): string {
        return `hello from ${this.baseURL}`
      }
    }
    const client = new SameOpenAI({ apiKey: 'sk-test', baseURL: fixture.server.url })
    const wrapped = wrapOpenAI(client, record.claw)
    expect(wrapped).not.toBe(client)
    expect(wrapped.greet()).toBe(client.greet())
  })

  test('a key that is a function is asked by the copy too', async () => {
    for (const { make, azure } of clientKinds) {
      const options = azure
        ? { apiKey: undefined, azureADTokenProvider: () => Promise.resolve('fresh') }
        : { apiKey: () => Promise.resolve('fresh') }
      fixture.server.requests.length = 0
      await wrapOpenAI(make(fixture.server.url, options), record.claw).chat.completions.create(hello)
      expect(fixture.server.requests[0]?.headers.authorization).toBe('Bearer fresh')
    }
  })

  test('methods that were replaced by plain functions are reported too', async () => {
    const client = new OpenAI({ apiKey: 'sk-test' })
    const fake = Object.assign(client.chat.completions, { create: () => Promise.resolve(completion('fake')) })
    client.withOptions = () => client
    const wrapped = wrapOpenAI(client, record.claw)
    expect(await fake.create()).toEqual(completion('fake'))
    expect(wrapped.chat.completions).toBe(fake)
    expect((await record.of('model.call.completed'))[0]?.data.output).toMatchObject({ content: 'fake' })
  })
})

describe('the provider', () => {
  test.each([
    ['https://api.openai.com/v1', 'openai'],
    ['https://api.groq.com/openai/v1', 'groq'],
    ['https://openrouter.ai/api/v1', 'openrouter'],
    ['https://mine.openai.azure.com/openai/v1', 'azure'],
    ['http://127.0.0.1:7462/demo/v1', 'openai'],
    ['http://localhost:11434/v1', 'openai'],
    ['http://[::1]:80/v1', 'openai'],
  ])('%s is %s', async (baseURL, provider) => {
    const record = recorded()
    const fetch = (): Promise<Response> => Promise.resolve(Response.json(completion('Hi')))
    await wrapOpenAI(new OpenAI({ apiKey: 'sk-test', baseURL, fetch }), record.claw).chat.completions.create(
      hello,
    )
    expect((await record.of('usage.reported'))[0]?.data.provider).toBe(provider)
    await record.done()
  })
})
