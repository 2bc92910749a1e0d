import { getEventListeners } from 'node:events'

import { APICallError } from '@ai-sdk/provider'
import { GatewayError, isTerminalEvent } from '@pincer/protocol'
import { generateText, streamText } from 'ai'
import { describe, expect, it, vi } from 'vitest'

import { callOf, openStream } from './call.ts'
import { sumOf } from './generate-checks.ts'
import { onlyPart, type Part, partsOf } from './parts.ts'
import { readParts, within } from './read-parts.ts'
import { say } from './scripted-agent.ts'
import type { ReadingFault, Told } from './scripted-run.ts'
import { streamBreaches } from './stream-rules.ts'
import { endless, stand, wholeRun } from './whole-run.ts'

globalThis.AI_SDK_LOG_WARNINGS = false
vi.setConfig({ testTimeout: 70_000 })
const eachPoint = wholeRun.map((_, at) => at)
const lost = (): GatewayError => new GatewayError('the connection is lost', { retryable: true })
const deadlineMs = 20_000

/** Reads one call to its end, however it ends, and holds it to the rules that every end keeps. */
async function readAll(place: ReturnType<typeof stand>, more = {}): Promise<readonly Part[]> {
  const reader = await openStream(place.model, callOf('go', more))
  const { parts, failure } = await readParts(reader, { timeoutMs: deadlineMs })
  expect(failure).toBeUndefined()
  expect(streamBreaches(parts)).toEqual([])
  return parts
}

const told = await readAll(stand(wholeRun))
const content = (parts: readonly Part[]): unknown[] =>
  sumOf(parts).map((part) => ({ ...part, providerMetadata: undefined }))

describe('a gateway that cannot be reached at the start', () => {
  it.for(['doStream', 'doGenerate'] as const)('fails the call with its own error: %s', async (call) => {
    const refusal = new GatewayError('there is no such agent', { status: 404, gatewayCode: 'unknown_agent' })
    const { model } = stand(wholeRun, { script: () => refusal })
    const error: unknown = await within<unknown>(model[call](callOf('go'))).catch((thrown: unknown) => thrown)
    expect([error, Object(error).cause]).toContain(refusal)
    expect(Object(error).isRetryable ?? false).toBe(false)
  })

  it('is asked again by the AI SDK where it says that it may be', async () => {
    let asked = 0
    const busy = new GatewayError('busy', { status: 503, retryable: true })
    const { model, gateway } = stand(wholeRun, { script: () => (++asked < 2 ? busy : () => wholeRun) })
    const { text } = await within(generateText({ model, prompt: 'go', maxRetries: 2 }), deadlineMs)
    expect(text).toContain('falling')
    expect([asked, gateway.started.length]).toEqual([2, 1])
  }, 30_000)

  it('is told as an error of a call that may be repeated', async () => {
    const busy = new GatewayError('busy', { status: 503, retryable: true })
    const { model } = stand(wholeRun, { script: () => busy })
    const error: unknown = await within(model.doStream(callOf('go'))).catch((thrown: unknown) => thrown)
    expect(APICallError.isInstance(error)).toBe(true)
    expect(error).toMatchObject({ isRetryable: true, statusCode: 503, cause: busy })
  })

  it('that is not asked for agents says so', async () => {
    const { gateway, model } = stand(wholeRun)
    const { agents: _agents, ...poor } = gateway
    expect(model.modelId).toBe('main')
    const { createPincer } = await import('../../src/index.ts')
    const attempt = async (): Promise<unknown> =>
      createPincer({ gateway: poor }).languageModel('main').doStream(callOf('go'))
    await expect(within(attempt())).rejects.toThrow(/agents/)
  })
})

describe('a connection that is lost after the n-th event', () => {
  it.for(eachPoint)('once: the stream goes on where it was: %i', async (after) => {
    const place = stand(wholeRun, {
      fault: (reading) => (reading === 1 ? { after, outcome: lost() } : undefined),
    })
    const parts = await readAll(place)
    expect(content(parts)).toEqual(content(told))
    expect(onlyPart(parts, 'finish').usage).toEqual(onlyPart(told, 'finish').usage)
    expect(place.gateway.started).toHaveLength(1)
    expect(place.gateway.started[0]?.readings).toBeGreaterThan(1)
  })

  it.for(eachPoint)('without an error, once: the stream goes on: %i', async (after) => {
    const place = stand(wholeRun, {
      fault: (reading) => (reading === 1 ? { after, outcome: 'end' } : undefined),
    })
    expect(content(await readAll(place))).toEqual(content(told))
    expect(place.gateway.started).toHaveLength(1)
  })

  it('for good: it ends with an error that is typed, wherever it was lost', async () => {
    const gone = new GatewayError('the gateway is gone', { retryable: true })
    const ends = eachPoint.map(async (after) => {
      const fault = (): ReadingFault => ({ after, outcome: gone })
      const place = stand(wholeRun, { fault, onGet: () => gone, onWait: () => gone })
      return [place.gateway, await readAll(place)] as const
    })
    for (const [gateway, parts] of await Promise.all(ends)) {
      expect(onlyPart(parts, 'error').error).toBeInstanceOf(GatewayError)
      expect(onlyPart(parts, 'finish').finishReason.unified).toBe('error')
      // A second run would act twice.
      expect(gateway.started).toHaveLength(1)
    }
  })

  it('for good: an answer as a whole is thrown, and not asked for again', async () => {
    const gone = new GatewayError('the gateway is gone', { retryable: true })
    const { model, gateway } = stand(wholeRun, {
      fault: () => ({ after: 5, outcome: gone }),
      onGet: () => gone,
      onWait: () => gone,
    })
    const answer = generateText({ model, prompt: 'go', maxRetries: 3 })
    await expect(within(answer, deadlineMs)).rejects.toBeInstanceOf(GatewayError)
    expect(gateway.started).toHaveLength(1)
  })

  it('by a failure that no waiting mends, is told at once', async () => {
    const fault = (): ReadingFault => ({
      after: 5,
      outcome: new GatewayError('you may not read this', { status: 403 }),
    })
    const startedAt = performance.now()
    const parts = await readAll(stand(wholeRun, { fault }))
    expect(onlyPart(parts, 'error').error).toMatchObject({ status: 403 })
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })

  it('because the gateway has forgotten the run, says so', async () => {
    const place = stand(wholeRun, { fault: () => ({ after: 5, outcome: lost() }), onGet: () => 'unknown' })
    const parts = await readAll(place)
    expect(onlyPart(parts, 'error').error).toBeInstanceOf(GatewayError)
    expect(place.gateway.started).toHaveLength(1)
  })
})

describe('events that end without a terminal one', () => {
  it('make an end all the same, wherever they end', async () => {
    const counts = eachPoint.slice(1)
    const ends = await Promise.all(counts.map((count) => readAll(stand(wholeRun.slice(0, count)))))
    for (const parts of ends) {
      const { unified } = onlyPart(parts, 'finish').finishReason
      expect(['error', 'interrupted']).toContain(unified)
      if (unified === 'error') expect(onlyPart(parts, 'error').error).toBeInstanceOf(GatewayError)
    }
  })
})

describe('a terminal event', () => {
  it('that comes twice ends once', async () => {
    const parts = await readAll(stand([...wholeRun, ['run.completed', { stopReason: 'length' }]]))
    expect(onlyPart(parts, 'finish').finishReason.unified).toBe('stop')
  })

  it('is the last one that is read', async () => {
    const late: Told[] = [
      ['assistant.delta', { delta: 'too late' }],
      ['run.failed', { error: { message: 'late' } }],
    ]
    expect(content(await readAll(stand([...wholeRun, ...late])))).toEqual(content(told))
  })

  it.for([
    ['run.cancelled', { unified: 'interrupted', raw: 'cancelled' }],
    ['run.timed_out', { unified: 'interrupted', raw: 'timed_out' }],
  ] as const)('of every kind closes what is open: %s', async ([type, reason]) => {
    for (const count of eachPoint.slice(1)) {
      const parts = await readAll(stand([...wholeRun.slice(0, count), [type, {}]]))
      expect(onlyPart(parts, 'finish').finishReason).toEqual(reason)
    }
  })

  it('of failure closes what is open, and keeps what was said', async () => {
    for (const count of eachPoint.slice(1)) {
      const failed: Told = ['run.failed', { error: { message: 'broken', code: 'model_gone', status: 502 } }]
      const parts = await readAll(stand([...wholeRun.slice(0, count), failed]))
      expect(onlyPart(parts, 'error').error).toMatchObject({
        name: 'GatewayError',
        status: 502,
        gatewayCode: 'model_gone',
      })
      expect(onlyPart(parts, 'finish').finishReason).toEqual({ unified: 'error', raw: 'model_gone' })
    }
  })

  it('alone is an answer without words', async () => {
    const parts = await readAll(stand([['run.completed', {}]]))
    expect(parts.map(({ type }) => type)).toEqual(['stream-start', 'response-metadata', 'finish'])
  })

  it('after a message that was not told in pieces brings its words', async () => {
    const parts = await readAll(
      stand([
        ['assistant.message', { text: 'At once.' }],
        ['run.completed', {}],
      ]),
    )
    expect(sumOf(parts)).toMatchObject([{ type: 'text', text: 'At once.' }])
  })
})

describe('an abort', () => {
  const open = wholeRun.filter(([type]) => !type.startsWith('run.completed'))
  const points = Array.from({ length: told.length }, (_, at) => at + 1)

  it.for(points)('after the %i-th part ends with its reason, and cancels the run', async (count) => {
    const { model, gateway } = stand(endless(open))
    const abort = new AbortController()
    const reason = new Error('the user left')
    const reader = await openStream(model, callOf('go', { abortSignal: abort.signal }))
    const first = await readParts(reader, { until: (_, at) => at === Math.min(count, told.length - 1) })
    abort.abort(reason)
    const rest = await readParts(reader, { timeoutMs: 2_000 })
    expect(rest.failure?.error).toBe(reason)
    expect(streamBreaches([...first.parts, ...rest.parts], { isWhole: false })).toEqual([])
    expect(partsOf(rest.parts, 'finish')).toEqual([])
    const [run] = gateway.started
    expect((await within(run?.wait() ?? Promise.reject(new Error('no run'))))?.status).toBe('cancelled')
    await within(untilLeft(() => run?.openReadings === 0))
  })

  it.for(['done', 'error', 'silence'] as const)('does not depend on the gateway’s word: %s', async (kind) => {
    const { model } = stand(endless(open), {
      onCancel: () => (kind === 'error' ? new GatewayError('cannot cancel') : kind),
    })
    const abort = new AbortController()
    const reader = await openStream(model, callOf('go', { abortSignal: abort.signal }))
    await readParts(reader, { until: (_, at) => at === 4 })
    const reason = new Error('the user left')
    abort.abort(reason)
    expect((await readParts(reader, { timeoutMs: 2_000 })).failure?.error).toBe(reason)
  })

  it('while the gateway is silent ends at once', async () => {
    const { model, gateway } = stand(endless(open), { fault: () => ({ after: 4, outcome: 'silence' }) })
    const abort = new AbortController()
    const reader = await openStream(model, callOf('go', { abortSignal: abort.signal }))
    await readParts(reader, { until: ({ type }) => type === 'reasoning-delta' })
    const reason = new Error('the user left')
    abort.abort(reason)
    expect((await readParts(reader, { timeoutMs: 2_000 })).failure?.error).toBe(reason)
    expect(gateway.started[0]?.status).toBe('cancelled')
  })

  it('while it looks for a lost run ends at once', async () => {
    const gone = lost()
    const { model } = stand(endless(open), { fault: () => ({ after: 4, outcome: gone }), onGet: () => gone })
    const abort = new AbortController()
    const reader = await openStream(model, callOf('go', { abortSignal: abort.signal }))
    await readParts(reader, { until: ({ type }) => type === 'reasoning-delta' })
    const reason = new Error('the user left')
    abort.abort(reason)
    const { failure, parts } = await readParts(reader, { timeoutMs: 2_000 })
    // It may have given up before.
    if (failure !== undefined) expect(failure.error).toBe(reason)
    else expect(partsOf(parts, 'error')).toHaveLength(1)
  })

  it('after the end leaves the run as it ended', async () => {
    const abort = new AbortController()
    const place = stand(wholeRun)
    await readAll(place, { abortSignal: abort.signal })
    abort.abort()
    expect(place.gateway.started[0]?.cancelReasons).toEqual([])
    expect(place.gateway.started[0]?.openReadings).toBe(0)
  })

  it('leaves no listener behind', async () => {
    const abort = new AbortController()
    const before = listenerCount(abort.signal)
    for (let call = 0; call < 20; call++) await readAll(stand(wholeRun), { abortSignal: abort.signal })
    expect(listenerCount(abort.signal)).toBe(before)
  })
})

describe('a reader that leaves', () => {
  it.for(told.slice(0, -1).map((_, at) => at + 1))('after the %i-th part cancels the run', async (count) => {
    const { model, gateway } = stand(endless(wholeRun.slice(0, -1)))
    const reader = await openStream(model, callOf('go'))
    await readParts(reader, { until: (_, at) => at === count })
    await within(reader.cancel('enough'))
    const [run] = gateway.started
    expect((await within(run?.wait() ?? Promise.reject(new Error('no run'))))?.status).toBe('cancelled')
    await within(untilLeft(() => run?.openReadings === 0))
  })

  it('before it has read anything cancels the run too', async () => {
    const { model, gateway } = stand(endless([]))
    const { stream } = await within(model.doStream(callOf('go')))
    await within(stream.cancel())
    await within(untilLeft(() => gateway.started[0]?.status === 'cancelled'))
  })

  it('and never reads is not written for: what is read ahead is bounded', async () => {
    const many = 20_000
    const { model, gateway } = stand(function* () {
      yield* Array.from({ length: many }, (_, at): Told => [
        'assistant.delta',
        { delta: `${at} `, itemId: 'm' },
      ])
      yield ['run.completed', {}]
    })
    const { stream } = await within(model.doStream(callOf('go')))
    await within(untilLeft(() => gateway.started[0]?.told.some(isTerminalEvent)))
    const ahead = gateway.started[0]?.taken ?? many
    expect(ahead).toBeLessThan(1_000)
    await stream.cancel()
  })

  it('of streamText’s text breaks off, and the run is cancelled once the result is let go', async () => {
    const { model, gateway } = stand(endless(wholeRun.slice(0, -1)))
    const abort = new AbortController()
    const result = streamText({ model, prompt: 'go', abortSignal: abort.signal, onError: () => {} })
    for await (const _piece of result.textStream) break
    abort.abort()
    await within(untilLeft(() => gateway.started[0]?.status === 'cancelled'))
  })
})

describe('two calls at once', () => {
  it('of one model keep apart, whatever befalls one of them', async () => {
    let runs = 0
    const { model } = stand(wholeRun, {
      script: () => (++runs % 2 === 0 ? endless([]) : () => [...say(`run ${runs}`), ['run.completed', {}]]),
    })
    const abort = new AbortController()
    const read = async (signal?: AbortSignal): Promise<unknown> => {
      const reader = await openStream(
        model,
        callOf('go', signal === undefined ? {} : { abortSignal: signal }),
      )
      return (await readParts(reader)).failure?.error
    }
    const one = read()
    const other = read(abort.signal)
    expect(await one).toBeUndefined()
    const reason = new Error('only this one')
    abort.abort(reason)
    expect(await other).toBe(reason)
  })
})

async function untilLeft(isDone: () => boolean | undefined): Promise<void> {
  while (isDone() !== true) await new Promise((resolve) => setTimeout(resolve, 5))
}

function listenerCount(signal: AbortSignal): number {
  return getEventListeners(signal, 'abort').length
}
