import { Anthropic } from '@anthropic-ai/sdk'
import { createClient } from '@pincer/core'
import { createFakeGateway, jsonAnswer, type Recorded, recorded, useScriptedServer } from '@pincer/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { wrapAnthropic } from '../src/index.ts'
import { clientKinds } from './clients.ts'
import { message } from './wire.ts'

const hello = {
  model: 'claude-test',
  max_tokens: 100,
  messages: [{ role: 'user' as const, content: 'Say hello' }],
}
const fixture = useScriptedServer('request-id')

describe('clients that are not like the others', () => {
  let record: Recorded
  beforeEach(() => {
    record = recorded()
    fixture.server.answer(jsonAnswer(message('Hello!')))
  })
  afterEach(() => record.done())

  class TenantAnthropic extends Anthropic {
    readonly tenant: string
    readonly #secret: string
    constructor(tenant: string, url: string) {
      super({ apiKey: 'sk-ant-test', baseURL: url })
      this.tenant = tenant
      this.#secret = `secret of ${tenant}`
    }
    secret(): string {
      return this.#secret
    }
  }

  class LabelledAnthropic extends Anthropic {
    readonly label: string
    constructor(options: { readonly label: string; readonly url: string }) {
      super({ apiKey: 'sk-ant-test', baseURL: options.url })
      this.label = options.label
    }
  }

  test('a subclass with another constructor is patched in place and keeps its own', async () => {
    for (const client of [
      new TenantAnthropic('acme', fixture.server.url),
      new LabelledAnthropic({ label: 'acme', url: fixture.server.url }),
    ]) {
      const wrapped = wrapAnthropic(client, record.claw)
      expect(wrapped).toBe(client)
      expect(wrapAnthropic(client, record.claw)).toBe(client)
      if (wrapped instanceof TenantAnthropic) expect(wrapped.secret()).toBe('secret of acme')
      expect((await wrapped.messages.create(hello)).id).toBe('msg_1')
    }
    expect(await record.of('model.call.started')).toHaveLength(2)
  })

  test('a subclass that takes the same options is copied', () => {
    class SameAnthropic extends Anthropic {
      greet(): string {
        return `hello from ${this.baseURL}`
      }
    }
    const client = new SameAnthropic({ apiKey: 'sk-ant-test', baseURL: fixture.server.url })
    const wrapped = wrapAnthropic(client, record.claw)
    expect(wrapped).not.toBe(client)
    expect(wrapped.greet()).toBe(client.greet())
  })

  test.each(clientKinds)('the credentials of $name go on with the copy', async ({ make }) => {
    const headers = { 'x-tenant': 'acme' }
    const bare = make(fixture.server.url, { defaultHeaders: headers })
    await bare.messages.create(hello)
    await wrapAnthropic(bare, record.claw).withOptions({ timeout: 5_000 }).messages.create(hello)
    const [first, second] = fixture.server.requests.map(({ headers: sent }) => [
      sent['x-api-key'],
      sent.authorization,
      sent['x-tenant'],
    ])
    expect(second).toEqual(first)
    expect(second?.[2]).toBe('acme')
  })

  test('an auth token, and a key that is a function, are asked by the copy too', async () => {
    for (const options of [
      { apiKey: null, authToken: 'fresh' },
      { apiKey: () => Promise.resolve('fresh') },
    ]) {
      const client = new Anthropic({ ...options, baseURL: fixture.server.url })
      await wrapAnthropic(client, record.claw).messages.create(hello)
      expect(fixture.server.requests.pop()?.headers.authorization).toBe('Bearer fresh')
    }
  })

  test('methods that were replaced by plain functions are reported too', async () => {
    const client = new Anthropic({ apiKey: 'sk-ant-test' })
    Object.assign(client.messages, { create: () => Promise.resolve(message('fake')) })
    client.withOptions = () => client
    expect(await wrapAnthropic(client, record.claw).messages.create(hello)).toEqual(message('fake'))
    expect((await record.of('model.call.completed'))[0]?.data.output).toMatchObject({
      content: [{ text: 'fake' }],
    })
  })

  test('a call that cannot be made fails as it does without us', async () => {
    for (const { make } of clientKinds) {
      const bare = make(fixture.server.url)
      const outcome = async (client: Anthropic): Promise<string> => {
        try {
          await (client.messages as unknown as { create(): unknown }).create()
          return 'no error'
        } catch (error) {
          return String(error)
        }
      }
      expect(await outcome(bare)).toContain('TypeError')
      expect(await outcome(wrapAnthropic(bare, record.claw))).toBe(await outcome(bare))
    }
  })

  test.each([
    ['https://api.anthropic.com', 'anthropic'],
    ['https://api.deepseek.com/anthropic', 'deepseek'],
    ['https://acme.services.ai.azure.com/anthropic', 'azure'],
    ['http://127.0.0.1:7462/demo', 'anthropic'],
    ['http://localhost:4000', 'anthropic'],
  ])('the provider at %s is %s', async (baseURL, provider) => {
    const fetch = (): Promise<Response> => Promise.resolve(Response.json(message('Hi')))
    await wrapAnthropic(
      new Anthropic({ apiKey: 'sk-ant-test', baseURL, fetch }),
      record.claw,
    ).messages.create(hello)
    expect((await record.of('usage.reported'))[0]?.data.provider).toBe(provider)
  })
})

describe('wrapAnthropic refuses', () => {
  const anthropic = new Anthropic({ apiKey: 'none' })
  const claw = createClient({ gateway: createFakeGateway() })
  // As a caller without types would get it wrong.
  const wrap = wrapAnthropic as (...given: readonly unknown[]) => unknown

  test.each([
    ['no client', [undefined, claw], 'expected an Anthropic client'],
    ['a resource of a client', [anthropic.messages, claw], 'expected an Anthropic client'],
    ['no claw', [anthropic], 'expected a claw of createClient'],
    ['options in place of a claw', [anthropic, { gateway: claw.gateway }], 'expected a claw of createClient'],
  ])('%s', (_, given, text) => {
    expect(() => wrap(...given)).toThrow(expect.objectContaining({ code: 'invalid_option' }))
    expect(() => wrap(...given)).toThrow(text)
  })
})
