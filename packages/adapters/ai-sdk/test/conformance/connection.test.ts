import type { LanguageModelV4 } from '@ai-sdk/provider'
import { localGateway, type RunningGateway, startLocalGateway } from '@pincer/local-gateway'
import { GatewayError } from '@pincer/protocol'
import { type FaultProxy, startFaultProxy } from '@pincer/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { createPincer } from '../../src/index.ts'
import { callOf, openStream } from './call.ts'
import { onlyPart, type Part, textOf } from './parts.ts'
import { readParts } from './read-parts.ts'
import { streamBreaches } from './stream-rules.ts'

vi.setConfig({ testTimeout: 60_000 })

let served: RunningGateway
let proxy: FaultProxy
let gateway: ReturnType<typeof localGateway>
let model: LanguageModelV4

beforeEach(async () => {
  served = await startLocalGateway({
    port: 0,
    databasePath: ':memory:',
    agents: [{ id: 'clerk', tools: [] }],
  })
  proxy = await startFaultProxy(served.url)
  gateway = localGateway({ url: proxy.url })
  model = createPincer({ gateway }).languageModel('clerk')
})
afterEach(async () => {
  await gateway.close()
  await proxy.close()
  await served.close()
})

const words = Array.from({ length: 60 }, (_, index) => `word${index + 1}`).join(' ')
const long = callOf('[[slow:15]] [[words:60]]')

async function readOn(reader: ReadableStreamDefaultReader<Part>, until?: string): Promise<readonly Part[]> {
  let text = ''
  const { parts, failure } = await readParts(reader, {
    timeoutMs: 30_000,
    ...(until !== undefined && {
      until: (part: Part) => {
        if (part.type === 'text-delta') text += part.delta
        return text.includes(until)
      },
    }),
  })
  expect(failure).toBeUndefined()
  return parts
}

describe('a real connection to the gateway', () => {
  it.for(['word1', 'word10', 'word30', 'word50'])(
    'that breaks at %s is taken up where it was',
    async (at) => {
      const reader = await openStream(model, long)
      const first = await readOn(reader, at)
      await proxy.set({ kind: 'none' }) // cuts what is open
      const parts = [...first, ...(await readOn(reader))]
      expect(streamBreaches(parts)).toEqual([])
      expect(textOf(parts)).toBe(words)
      expect(onlyPart(parts, 'finish').finishReason.unified).toBe('stop')
      expect(onlyPart(parts, 'finish').usage.outputTokens.total).toBeGreaterThan(0)
      expect((await gateway.runs.list()).items).toHaveLength(1)
    },
  )

  it('that is gone for a moment is waited for', async () => {
    const reader = await openStream(model, long)
    const first = await readOn(reader, 'word5')
    await proxy.set({ kind: 'down' })
    setTimeout(() => void proxy.set({ kind: 'none' }), 800)
    const parts = [...first, ...(await readOn(reader))]
    expect(textOf(parts)).toBe(words)
    expect(onlyPart(parts, 'finish').finishReason.unified).toBe('stop')
  })

  it(
    'to a gateway that has lost the run ends with an error of the gateway',
    { timeout: 60_000 },
    async () => {
      const reader = await openStream(model, callOf('[[slow:1000]] [[words:60]]'))
      const first = await readOn(reader, 'word1')
      const other = await startLocalGateway({ port: 0, databasePath: ':memory:' })
      proxy.retarget(other.url)
      await proxy.set({ kind: 'none' })
      const parts = [...first, ...(await readOn(reader))]
      await other.close()
      expect(streamBreaches(parts)).toEqual([])
      expect(onlyPart(parts, 'error').error).toBeInstanceOf(GatewayError)
    },
  )

  it('to a gateway that was closed meanwhile ends as the run did', async () => {
    const reader = await openStream(model, callOf('[[slow:1000]] [[words:60]]'))
    const first = await readOn(reader, 'word1')
    await served.close()
    const rest = await readParts(reader, { timeoutMs: 20_000 }).catch((error: unknown) => error)
    expect(rest).not.toBeInstanceOf(Error)
    const { parts = [], failure } = Object(rest) as { parts?: Part[]; failure?: unknown }
    expect(failure).toBeUndefined()
    expect(streamBreaches([...first, ...parts])).toEqual([])
    expect(['error', 'interrupted']).toContain(onlyPart(parts, 'finish').finishReason.unified)
  })

  it('can be given up while it is gone', async () => {
    const abort = new AbortController()
    const reader = await openStream(model, {
      ...callOf('[[slow:1000]] [[words:60]]'),
      abortSignal: abort.signal,
    })
    await readOn(reader, 'word1')
    await proxy.set({ kind: 'hang' })
    const reason = new Error('the user left')
    setTimeout(() => abort.abort(reason), 100)
    const { failure } = await readParts(reader, { timeoutMs: 3_000 })
    expect(failure?.error).toBe(reason)
    await proxy.set({ kind: 'none' })
  })

  it('can be given up at any moment of its opening', async () => {
    for (let call = 0; call < 150; call++) {
      const abort = new AbortController()
      const reason = new Error(`left in call ${call}`)
      const reading = (async () => {
        const options = { ...callOf('[[slow:1000]] [[words:9]]'), abortSignal: abort.signal }
        const { stream } = await model.doStream(options)
        return await readParts(stream.getReader())
      })().catch((error: unknown) => ({ failure: { error } }))
      // An aborted request may break off in every state of its connection.
      const endAt = performance.now() + (call % 30) / 3
      while (performance.now() < endAt) await new Promise((resolve) => setImmediate(resolve))
      abort.abort(reason)
      expect((await reading).failure?.error).toBe(reason)
    }
  })

  it.for([
    [{ kind: 'status', status: 503 }, true],
    [{ kind: 'down' }, true],
    [{ kind: 'status', status: 403 }, false],
    [{ kind: 'garbage' }, undefined],
  ] as const)(
    'that fails at the start is told as what may be repeated or not: %j',
    async ([fault, retryable]) => {
      await proxy.set(fault)
      const error: unknown = await Promise.resolve(model.doStream(callOf('Say: never'))).catch(
        (thrown: unknown) => thrown,
      )
      expect(error).toBeInstanceOf(Error)
      if (retryable !== undefined) expect(Object(error).isRetryable ?? false).toBe(retryable)
      await proxy.set({ kind: 'none' })
      expect((await gateway.runs.list()).items).toEqual([])
    },
  )
})
