import { eventually } from '@pincer/testing'
import { expect, it } from 'vitest'

import { answerMs, callFor, callOf, openStream, streamAll } from './call.ts'
import { onlyPart, partsOf, textOf } from './parts.ts'
import { readParts } from './read-parts.ts'
import { expectCancelled } from './expect-cancelled.ts'
import { metadataOf } from './pincer-metadata.ts'
import { modelOf, type ProviderSubject } from './subject.ts'

/** What a stream looks like, part by part; `streamAll` holds each one to the rules of order and balance. */
export function streamChecks(subject: () => ProviderSubject): void {
  it('are the gateway’s agent as a V4 model', () => {
    const model = modelOf(subject())
    expect(model).toMatchObject({ specificationVersion: 'v4', modelId: subject().agent })
    expect(model.provider).toMatch(/^pincer\.\w+$/)
    expect(model.supportedUrls).toEqual({})
  })

  it('tell a text in one block, between their start and their one end', async () => {
    const parts = await streamAll(modelOf(subject()), callOf(subject().prompts.say('the tide is low')))
    expect(textOf(parts)).toBe('the tide is low')
    expect(parts[0]).toEqual({ type: 'stream-start', warnings: [] })
    expect(partsOf(parts, 'text-start')).toHaveLength(1)
    expect(onlyPart(parts, 'finish').finishReason.unified).toBe('stop')
  })

  it('name the run, its session and its moment', async () => {
    const before = Date.now()
    const { gateway, prompts } = subject()
    const parts = await streamAll(modelOf(subject()), callOf(prompts.say('yes')))
    const { runId, sessionKey, ...more } = metadataOf(onlyPart(parts, 'finish'))
    expect(onlyPart(parts, 'response-metadata')).toMatchObject({ id: runId, modelId: expect.any(String) })
    const { timestamp } = onlyPart(parts, 'response-metadata')
    if (timestamp !== undefined) {
      expect(timestamp.getTime()).toBeGreaterThanOrEqual(before - 10_000)
      expect(timestamp.getTime()).toBeLessThanOrEqual(Date.now() + 10_000)
    }
    expect(Object.keys(more).filter((key) => !['seq', 'ts', 'costUsd'].includes(key))).toEqual([])
    const known = sessionKey === undefined ? {} : { sessionKey }
    const run = await eventually(() => gateway.agents?.get(runId, known), answerMs)
    expect(await run.wait({ timeoutMs: answerMs })).toMatchObject({ runId, status: 'completed' })
  })

  it('come in pieces', async () => {
    const parts = await streamAll(modelOf(subject()), callFor(subject(), 'long'))
    expect(textOf(parts)).toContain('word60')
    expect(partsOf(parts, 'text-delta').length).toBeGreaterThan(2)
  })

  it('tell what the agent thinks in a block of its own', async () => {
    const parts = await streamAll(modelOf(subject()), callFor(subject(), 'reason'))
    expect(textOf(parts)).not.toBe('')
    if (subject().cannot.includes('reasoning')) return expect(partsOf(parts, 'reasoning-start')).toEqual([])
    expect(textOf(parts, 'reasoning-delta')).not.toBe('')
    const thought = parts.findIndex(({ type }) => type === 'reasoning-end')
    expect(thought).toBeLessThan(parts.findIndex(({ type }) => type === 'text-start'))
  })

  it('tell of the gateway’s own tools, their input and their result', async () => {
    if (subject().cannot.includes('own tool')) return
    const { ownTool } = subject()
    const parts = await streamAll(modelOf(subject()), callFor(subject(), 'own'))
    const { toolCallId, ...call } = onlyPart(parts, 'tool-call')
    expect(call).toMatchObject({ toolName: ownTool.name, providerExecuted: true, dynamic: true })
    const results = partsOf(parts, 'tool-result').filter(({ preliminary }) => preliminary !== true)
    expect(results).toMatchObject([{ toolCallId, toolName: ownTool.name }])
    expect(results[0]?.isError ?? false).toBe(false)
    expect(JSON.stringify(results[0]?.result)).toContain(ownTool.answers)
    expect(textOf(parts)).toContain(ownTool.answers)
    // What is said after a tool is not a part of what was said before it.
    const said = parts.findIndex((part) => part.type === 'tool-call')
    const blocks = new Set(partsOf(parts.slice(0, said), 'text-start').map(({ id }) => id))
    expect(partsOf(parts.slice(said), 'text-delta').filter(({ id }) => blocks.has(id))).toEqual([])
    expect(onlyPart(parts, 'finish').finishReason.unified).toBe('stop')
    expect(metadataOf(onlyPart(parts, 'tool-call')).runId).toBe(metadataOf(onlyPart(parts, 'finish')).runId)
  })

  it('show what the gateway sent where that is asked for, and only then', async () => {
    const prompt = subject().prompts.say('raw')
    const without = await streamAll(modelOf(subject()), callOf(prompt))
    expect(partsOf(without, 'raw')).toEqual([])
    const parts = await streamAll(modelOf(subject()), callOf(prompt, { includeRawChunks: true }))
    expect(partsOf(parts, 'raw').length).toBeGreaterThan(0)
    expect(textOf(parts)).toBe('raw')
  })

  it('do not mix where two of one model run at once', async () => {
    const model = modelOf(subject())
    const { say } = subject().prompts
    const words = ['one crab', 'two crabs', 'three crabs']
    const all = await Promise.all(words.map((text) => streamAll(model, callOf(say(text)))))
    expect(all.map((parts) => textOf(parts))).toEqual(words)
    const runs = all.map((parts) => metadataOf(onlyPart(parts, 'finish')).runId)
    expect(new Set(runs).size).toBe(words.length)
  })

  it('are new ones at each call of one model', async () => {
    const model = modelOf(subject())
    const { say } = subject().prompts
    for (const text of ['first', 'second'])
      expect(textOf(await streamAll(model, callOf(say(text))))).toBe(text)
  })

  it('go on with a session that is named', async () => {
    const model = modelOf(subject())
    const sessionKey = subject().newSessionKey()
    const providerOptions = { pincer: { sessionKey } }
    const { say } = subject().prompts
    const keys: (string | undefined)[] = []
    for (const text of ['first', 'second']) {
      const parts = await streamAll(model, callOf(say(text), { providerOptions }))
      expect(textOf(parts)).toBe(text)
      keys.push(metadataOf(onlyPart(parts, 'finish')).sessionKey)
    }
    expect(keys).toEqual([sessionKey, sessionKey])
  })

  it('can be left by their reader, which cancels the run', async () => {
    const reader = await openStream(modelOf(subject()), callFor(subject(), 'slow'))
    const { parts } = await readParts(reader, {
      until: ({ type }) => type === 'response-metadata',
      timeoutMs: answerMs,
    })
    await reader.cancel('seen enough')
    await expectCancelled(subject(), onlyPart(parts, 'response-metadata').id)
  })
}
