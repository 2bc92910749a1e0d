import { readFileSync } from 'node:fs'

import { createClient } from '@pincer/core'
import { type LocalGateway, localGateway } from '@pincer/local-gateway'
import { createFakeGateway } from '@pincer/testing'
import {
  createProviderRegistry,
  embed,
  generateText,
  LoadSettingError,
  NoSuchModelError,
  streamText,
} from 'ai'
import { afterEach, describe, expect, it } from 'vitest'

import { createPincer, pincer, PincerLanguageModel, VERSION } from '../src/index.ts'
import { stand } from './conformance/whole-run.ts'

globalThis.AI_SDK_LOG_WARNINGS = false
const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close()
})

function open(): LocalGateway {
  const gateway = localGateway({ databasePath: ':memory:' })
  opened.push(gateway)
  return gateway
}

describe('the default provider', () => {
  // First, for it is told its gateway once for the whole process.
  it('says what to do at its first call, not before', async () => {
    const model = pincer('main')
    const embedder = pincer.embeddingModel('default')
    const failure: unknown = await generateText({ model, prompt: 'hello' }).catch((error: unknown) => error)
    expect(LoadSettingError.isInstance(failure)).toBe(true)
    expect(String(failure)).toContain('pincer.use({ gateway })')
    await expect(embed({ model: embedder, value: 'x' })).rejects.toThrow('pincer.use({ gateway })')
    const errors: unknown[] = []
    const result = streamText({ model, prompt: 'hello', onError: ({ error }) => void errors.push(error) })
    await result.consumeStream()
    expect(LoadSettingError.isInstance(errors[0])).toBe(true)
  })

  it('uses the gateway that it was told, for models that were made before too', async () => {
    const model = pincer('main')
    pincer.use({ gateway: open() })
    expect((await generateText({ model, prompt: 'Say: here' })).text).toBe('here')
    const claw = createClient({ gateway: open() })
    pincer.use({ claw })
    expect((await generateText({ model, prompt: 'Say: there' })).text).toBe('there')
    expect(await claw.gateway.runs?.list()).toMatchObject({ items: [{ status: 'completed' }] })
    await claw.close()
  })

  it('refuses what is no gateway', () => {
    const settings = { gateway: {} } as unknown as Parameters<typeof pincer.use>[0]
    expect(() => pincer.use(settings)).toThrow('pincer.use(): gateway: expected a gateway')
  })
})

describe('a provider', () => {
  it.each([
    [undefined, /createPincer\(\): expected an object of options/],
    [{}, /gateway: expected a gateway, or a claw/],
    [{ gateway: { name: 'x' } }, /gateway: expected/],
    [{ gatway: createFakeGateway() }, /gatway: not an option.*did you mean `gateway`/],
    [{ baseURL: 'http://127.0.0.1' }, /baseURL: not an option.*did you mean `gateway`/],
    [
      { gateway: createFakeGateway(), approvals: 'never' },
      /approvals: expected 'pause' or 'wait', found a string "never"/,
    ],
    [{ gateway: createFakeGateway(), name: '' }, /name: expected/],
    [{ gateway: createFakeGateway(), maxFileBytes: -1 }, /maxFileBytes: expected/],
  ])('refuses wrong settings by name: %j', (settings, message) => {
    // What no compiler has seen.
    const make = (): unknown => createPincer(settings as Parameters<typeof createPincer>[0])
    expect(make).toThrow(message)
    expect(make).toThrow(expect.objectContaining({ code: 'invalid_option' }))
  })

  it('is called, and is no class', () => {
    const provider = createPincer({ gateway: createFakeGateway() })
    const agents = [provider('main'), provider.languageModel('main'), provider.chat('main')]
    for (const model of agents) expect(model).toBeInstanceOf(PincerLanguageModel)
    expect(provider.specificationVersion).toBe('v4')
    expect(() => Reflect.construct(provider as unknown as new () => unknown, ['main'])).toThrow(
      'without `new`',
    )
    expect(() => provider('')).toThrow('the id of an agent')
  })

  it('names itself as it is told', () => {
    const model = createPincer({ gateway: createFakeGateway(), name: 'support' })('main')
    expect([model.provider, model.modelId]).toEqual(['support.agent', 'main'])
  })

  it('checks what its models are given', () => {
    const provider = createPincer({ gateway: createFakeGateway() })
    expect(() => provider('main', { sessionKey: '' })).toThrow(
      /pincer\(\): sessionKey: expected the key of a session/,
    )
    const slip = { sesionKey: 'x' } as Parameters<typeof provider>[1]
    expect(() => provider('main', slip)).toThrow(/did you mean `sessionKey`/)
  })

  it('throws NoSuchModelError for what the gateway has not', async () => {
    const provider = createPincer({ gateway: { name: 'bare', close: async () => {} } })
    for (const make of [() => provider.embeddingModel('any'), () => provider.imageModel('any')])
      expect(make).toThrow(NoSuchModelError)
    const answer = generateText({ model: provider('main'), prompt: 'hello' })
    await expect(answer).rejects.toThrow('the gateway "bare" runs no agents')
  })

  it('has the version of its package', () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string
    }
    expect(VERSION).toBe(version)
  })

  it('stands in a registry with a separator of its own', async () => {
    const provider = createPincer({ gateway: open() })
    const registry = createProviderRegistry({ claw: provider }, { separator: ' > ' })
    expect(
      (await generateText({ model: registry.languageModel('claw > main'), prompt: 'Say: found' })).text,
    ).toBe('found')
    await expect(async () => registry.imageModel('claw > main')).rejects.toThrow(NoSuchModelError)
  })
})

describe('a model', () => {
  it('has options for every call, which a call may change', async () => {
    const { gateway } = stand([['run.completed', {}]])
    const model = createPincer({ gateway })('main', { sessionKey: 'ada', timeoutMs: 5_000 })
    await generateText({ model, prompt: 'one' })
    await generateText({
      model,
      prompt: 'two',
      providerOptions: { pincer: { sessionKey: 'bob', agent: 'other' } },
    }).catch(() => {})
    expect(gateway.started.map(({ request }) => request)).toMatchObject([
      { agentId: 'main', sessionKey: 'ada', timeoutMs: 5_000 },
      { agentId: 'other', sessionKey: 'bob', timeoutMs: 5_000 },
    ])
  })

  it.each([
    ['a copy', (model: PincerLanguageModel) => Object.assign({}, model)],
    ['a wrapping', (model: PincerLanguageModel) => new Proxy(model, {})],
    ['an heir', (model: PincerLanguageModel) => Object.create(model) as PincerLanguageModel],
    [
      'its methods alone',
      ({ doStream, doGenerate, ...model }: PincerLanguageModel) => ({ ...model, doStream, doGenerate }),
    ],
  ])('is a plain object: %s of it works', async (_, change) => {
    const model = change(createPincer({ gateway: open() })('main'))
    expect((await generateText({ model, prompt: 'Say: same' })).text).toBe('same')
    expect(await streamText({ model, prompt: 'Say: same' }).text).toBe('same')
    expect(model).toMatchObject({
      specificationVersion: 'v4',
      provider: 'pincer.agent',
      modelId: 'main',
      supportedUrls: {},
    })
  })

  it('shows no gateway where it is written down', () => {
    const model = createPincer({ gateway: createFakeGateway() })('main')
    expect(JSON.parse(JSON.stringify(model))).toEqual({
      specificationVersion: 'v4',
      provider: 'pincer.agent',
      modelId: 'main',
      supportedUrls: {},
    })
  })

  it('runs below the run that is under way', async () => {
    const gateway = open()
    const claw = createClient({ gateway })
    const model = createPincer({ claw })('main')
    const { parentId, childId } = await claw.run({ name: 'report' }, async (run) => {
      const { providerMetadata } = await generateText({ model, prompt: 'Say: done' })
      return { parentId: run.runId, childId: providerMetadata?.['pincer']?.['runId'] }
    })
    await claw.flush()
    expect((await gateway.runs.get(parentId))?.children.map(({ runId }) => runId)).toEqual([childId])
  })
})
