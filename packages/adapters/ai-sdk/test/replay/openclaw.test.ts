import type { LanguageModelV4, LanguageModelV4Prompt } from '@ai-sdk/provider'
import { openclaw, type OpenClawGateway } from '@pincer/openclaw'
import { generateText, type ModelMessage } from 'ai'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { createPincer } from '../../src/index.ts'
import { createChatHandler } from '../../src/ui-chat-handler.ts'
import { TestChat } from '../ui-chat-fixture.ts'
import { callOf, openStream, streamAll } from '../conformance/call.ts'
import { sumOf } from '../conformance/generate-checks.ts'
import { onlyPart, type Part, partsOf, textOf } from '../conformance/parts.ts'
import { metadataOf } from '../conformance/pincer-metadata.ts'
import { readParts, within } from '../conformance/read-parts.ts'
import { type Recording, RecordedTransport } from './recorded-transport.ts'
import { streamBreaches } from '../conformance/stream-rules.ts'

globalThis.AI_SDK_LOG_WARNINGS = false
vi.setConfig({ testTimeout: 70_000 })

const open: OpenClawGateway[] = []
afterEach(async () => {
  for (const gateway of open.splice(0)) await gateway.close()
})

interface Stand {
  readonly gateway: OpenClawGateway
  readonly transport: RecordedTransport
  readonly model: LanguageModelV4
  /** Another client on the same Gateway. */
  readonly otherGateway: () => OpenClawGateway
  /** A model of another client on the same Gateway. */
  readonly other: () => LanguageModelV4
}

function stand(name: Recording, approvals: 'pause' | 'wait' = 'pause'): Stand {
  const transport = new RecordedTransport(() => name)
  const connect = (): OpenClawGateway => {
    const gateway = openclaw({ transport })
    open.push(gateway)
    return gateway
  }
  const gateway = connect()
  const modelOn = (of: OpenClawGateway): LanguageModelV4 =>
    createPincer({ gateway: of, approvals }).languageModel('main')
  return {
    gateway,
    otherGateway: connect,
    transport,
    model: modelOn(gateway),
    other: () => modelOn(connect()),
  }
}

/** What the recorded runs came to. */
const runs: readonly {
  readonly name: Recording
  readonly finish: string
  readonly raw?: string
  readonly text: string | RegExp
  readonly reasoning?: string
  readonly tools?: readonly (readonly [name: string, isError: boolean, words: string])[]
}[] = [
  { name: 'text', finish: 'stop', text: 'one crab, two crabs' },
  { name: 'tool', finish: 'stop', text: /ls answered/, tools: [['ls', false, 'notes.txt']] },
  {
    name: 'two-tools',
    finish: 'stop',
    text: /Two crabs share one shell/,
    tools: [
      ['ls', false, 'notes.txt'],
      ['read', false, ''],
    ],
  },
  { name: 'failing-tool', finish: 'stop', text: /read answered/, tools: [['read', true, 'no-such-file']] },
  { name: 'reasoning', finish: 'stop', text: 'done', reasoning: 'The rules say: answer in words.' },
  { name: 'length', finish: 'length', text: /^one two/ },
  { name: 'timeout', finish: 'interrupted', raw: 'timed_out', text: /^word1 / },
  { name: 'cancelled', finish: 'interrupted', raw: 'cancelled', text: /^word1/ },
  { name: 'failed', finish: 'error', text: '' },
]

describe('a run of the real Gateway, as it was recorded', () => {
  it.for(runs)(
    '$name: parts, text, tools and end',
    async ({ name, finish, raw, text, reasoning, tools = [] }) => {
      const parts = await streamAll(stand(name).model, callOf('go'))
      expect(onlyPart(parts, 'finish').finishReason).toEqual({
        unified: finish,
        raw: raw ?? expect.any(String),
      })
      if (typeof text === 'string') expect(textOf(parts)).toBe(text)
      else expect(textOf(parts)).toMatch(text)
      if (reasoning !== undefined) expect(textOf(parts, 'reasoning-delta')).toContain(reasoning)
      const results = partsOf(parts, 'tool-result').filter(({ preliminary }) => preliminary !== true)
      expect(results.map(({ toolName, isError = false }) => [toolName, isError])).toEqual(
        tools.map(([tool, isError]) => [tool, isError]),
      )
      for (const [index, [, , words]] of tools.entries())
        expect(JSON.stringify(results[index]?.result)).toContain(words)
      const failures = partsOf(parts, 'error').map(({ error }) => error)
      if (finish === 'error') expect(failures).toMatchObject([{ name: 'GatewayError' }])
      const { sessionKey } = metadataOf(onlyPart(parts, 'finish'))
      expect(sessionKey).toMatch(/^agent:main:/)
    },
  )

  it.for(runs.filter(({ finish }) => finish !== 'error'))('$name: the sum as a whole', async ({ name }) => {
    const parts = await streamAll(stand(name).model, callOf('go'))
    const { content, finishReason, usage } = await within(stand(name).model.doGenerate(callOf('go')), 20_000)
    const plain = (of: ReturnType<typeof sumOf>): unknown[] =>
      of.map((part) =>
        'text' in part ? part.text : 'toolName' in part ? [part.type, part.toolName] : part.type,
      )
    expect(plain(content)).toEqual(plain(sumOf(parts)))
    expect(finishReason).toEqual(onlyPart(parts, 'finish').finishReason)
    expect(usage).toEqual(onlyPart(parts, 'finish').usage)
  })

  it('failed: an answer as a whole is thrown', async () => {
    const answer = within(stand('failed').model.doGenerate(callOf('go')), 20_000)
    await expect(answer).rejects.toMatchObject({ name: 'GatewayError' })
  })

  it('text: tokens and cost are those that the Gateway counted', async () => {
    const finish = onlyPart(await streamAll(stand('text').model, callOf('go')), 'finish')
    expect(finish.usage).toMatchObject({
      inputTokens: { total: 5_543, noCache: 5_543, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: 5, text: 5, reasoning: 0 },
    })
    expect(metadataOf(finish).costUsd).toBeCloseTo(0.005553, 9)
  })
})

describe('an abort in a run of the real Gateway', () => {
  it.for<Recording>(['tool', 'timeout', 'reasoning'])(
    '%s: after each part',
    { timeout: 60_000 },
    async (name) => {
      const whole = await streamAll(stand(name).model, callOf('go'))
      for (let count = 1; count < whole.length; count++) {
        const { model, transport } = stand(name)
        const abort = new AbortController()
        const reason = new Error('the user left')
        const reader = await openStream(model, callOf('go', { abortSignal: abort.signal }))
        const first = await readParts(reader, { until: (_, at) => at === count })
        abort.abort(reason)
        const rest = await readParts(reader)
        expect(streamBreaches([...first.parts, ...rest.parts], { isWhole: false })).toEqual([])
        expect(rest.failure?.error, `after ${count} parts`).toBe(reason)
        // Where it had not ended on the Gateway by then, it was stopped there.
        expect(transport.requests.filter((method) => method === 'sessions.abort').length).toBeLessThanOrEqual(
          1,
        )
      }
    },
  )

  it('stops it there', async () => {
    const { model, transport } = stand('timeout')
    const abort = new AbortController()
    const reader = await openStream(model, callOf('go', { abortSignal: abort.signal }))
    await readParts(reader, { until: ({ type }) => type === 'text-delta' })
    abort.abort()
    await readParts(reader)
    await expect.poll(() => transport.requests).toContain('sessions.abort')
  })

  it('of a reader that leaves stops it there too', async () => {
    const { model, transport } = stand('timeout')
    const reader = await openStream(model, callOf('go'))
    await readParts(reader, { until: ({ type }) => type === 'text-delta' })
    await within(reader.cancel())
    await expect.poll(() => transport.requests).toContain('sessions.abort')
  })
})

describe('a question of the real Gateway', () => {
  const answered = (parts: readonly Part[], approved: boolean): LanguageModelV4Prompt => {
    const { toolCallId, toolName, input, providerMetadata } = onlyPart(parts, 'tool-call')
    const { approvalId } = onlyPart(parts, 'tool-approval-request')
    const call = { type: 'tool-call' as const, toolCallId, toolName, input: JSON.parse(input) as unknown }
    return [
      ...callOf('go').prompt,
      {
        role: 'assistant',
        content: [
          { ...call, providerExecuted: true, ...(providerMetadata && { providerOptions: providerMetadata }) },
        ],
      },
      { role: 'tool', content: [{ type: 'tool-approval-response', approvalId, approved }] },
    ]
  }

  it.for([
    [true, false, 'crabs may run', 'the same client'],
    [false, true, 'user-denied', 'the same client'],
    [true, false, 'crabs may run', 'another client'],
    [false, true, 'user-denied', 'another client'],
  ] as const)(
    'ends the step, and goes on: approved %s, isError %s, "%s", by %s',
    async ([approved, isError, words, by]) => {
      const { model, other, transport } = stand('approved')
      const paused = await streamAll(model, callOf('go'))
      expect(onlyPart(paused, 'finish').finishReason).toEqual({ unified: 'tool-calls', raw: 'approval' })
      expect(onlyPart(paused, 'tool-call').toolName).toBe('exec')
      const answering = by === 'another client' ? other() : model
      const rest = await streamAll(answering, { prompt: answered(paused, approved) })
      const results = partsOf(rest, 'tool-result').filter(({ preliminary }) => preliminary !== true)
      expect(results.map((result) => result.isError ?? false)).toEqual([isError])
      expect(JSON.stringify(results)).toContain(words)
      expect(textOf(rest)).toContain('exec answered')
      expect(onlyPart(rest, 'finish').finishReason.unified).toBe('stop')
      expect(transport.requests.filter((method) => method === 'approval.resolve')).toHaveLength(1)
      expect(transport.requests.filter((method) => method === 'agent')).toHaveLength(1)
    },
  )

  it('is not answered by a conversation that was not asked it', async () => {
    const { model, transport } = stand('approved')
    const mine = await streamAll(model, callOf('go'))
    const { approvalId } = onlyPart(await streamAll(model, callOf('go')), 'tool-approval-request')
    const stolen = mine.map((part) =>
      part.type === 'tool-approval-request' ? { ...part, approvalId } : part,
    )
    const answering = streamAll(model, { prompt: answered(stolen, true) })
    await expect(answering).rejects.toThrow(/asks no question/)
    expect(transport.requests).not.toContain('approval.resolve')
  })

  it.for(['the same client', 'another client'])('is answered in a chat, by %s', async (by) => {
    const { gateway, otherGateway, transport } = stand('approved')
    const chat = new TestChat(createChatHandler({ gateway, agent: 'main' }), 'one')
    await chat.sendMessage({ text: 'go' })
    const { approval } = await chat.call('approval-requested')
    const later =
      by === 'the same client'
        ? chat
        : new TestChat(createChatHandler({ gateway: otherGateway(), agent: 'main' }), 'one', chat.messages)
    await later.addToolApprovalResponse({ id: approval?.id ?? '', approved: true })
    await later.call('output-available')
    await later.ready()
    expect(later.error).toBeUndefined()
    expect(later.said).toContain('exec answered')
    expect(transport.requests.filter((method) => method === 'approval.resolve')).toHaveLength(1)
  })

  it('is waited for, and answered from elsewhere', async () => {
    const { model, gateway } = stand('approved', 'wait')
    const reader = await openStream(model, callOf('go'))
    const first = await readParts(reader, { until: ({ type }) => type === 'tool-approval-request' })
    await gateway.approvals.decide(onlyPart(first.parts, 'tool-approval-request').approvalId, {
      decision: 'approve',
    })
    const rest = await readParts(reader)
    expect(streamBreaches([...first.parts, ...rest.parts])).toEqual([])
    expect(textOf(rest.parts)).toContain('exec answered')
    const { usage } = onlyPart(rest.parts, 'finish')
    expect([usage.inputTokens.total, usage.inputTokens.cacheRead]).toEqual([
      expect.any(Number),
      expect.any(Number),
    ])
  })

  it('comes and goes with generateText', async () => {
    const { model } = stand('approved')
    const messages: ModelMessage[] = [{ role: 'user', content: 'go' }]
    const asked = await within(generateText({ model, messages }), 20_000)
    const [request] = asked.content.filter((part) => part.type === 'tool-approval-request')
    const answer = {
      type: 'tool-approval-response' as const,
      approvalId: request?.approvalId ?? '',
      approved: true,
    }
    messages.push(...asked.responseMessages, {
      role: 'tool',
      content: [{ ...answer, providerExecuted: true }],
    })
    const { text, toolResults } = await within(generateText({ model, messages }), 20_000)
    expect(text).toContain('exec answered')
    expect(JSON.stringify(toolResults)).toContain('crabs may run')
  })
})
