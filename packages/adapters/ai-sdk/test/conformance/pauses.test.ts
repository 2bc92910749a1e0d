import type { LanguageModelV4CallOptions, LanguageModelV4Prompt } from '@ai-sdk/provider'
import { GatewayError } from '@pincer/protocol'
import { eventually } from '@pincer/testing'
import { generateText, type ModelMessage } from 'ai'
import { describe, expect, it, vi } from 'vitest'

import { createPincer } from '../../src/index.ts'
import { callOf, openStream, streamAll } from './call.ts'
import { onlyPart, type Part, partsOf, textOf } from './parts.ts'
import { readParts, within } from './read-parts.ts'
import { say, scriptedUsage } from './scripted-agent.ts'
import { type ScriptedGateway, scriptedGateway } from './scripted-gateway.ts'
import type { Script } from './scripted-run.ts'

globalThis.AI_SDK_LOG_WARNINGS = false
vi.setConfig({ testTimeout: 70_000 })
const name = 'sluice'

/** Asks `count` questions, one tool after the other, and tells of each what became of it. */
function asks(count: number): Script {
  return async function* (stage) {
    for (let at = 1; at <= count; at++) {
      const toolCallId = `sluice_${at}`
      yield* say(`Question ${at}.`, `before_${at}`)
      yield ['tool.call.started', { toolCallId, name, input: { at } }, toolCallId]
      const { status, decisionReason } = yield* stage.ask({
        approvalId: `ask_${at}`,
        name,
        toolCallId,
        input: { at },
      })
      if (status === 'approved')
        yield ['tool.call.completed', { toolCallId, name, outcome: 'ok', output: { opened: at } }, toolCallId]
      else {
        const error = { message: decisionReason ?? status, code: 'approval_denied' }
        yield ['tool.call.failed', { toolCallId, name, outcome: 'denied', error }, toolCallId]
      }
    }
    yield* say('All told.', 'after')
    yield ['usage.reported', scriptedUsage]
    yield ['run.completed', { stopReason: 'stop' }]
  }
}

/** Calls two tools at once, and asks about both. */
const asksBoth: Script = async function* (stage) {
  for (const at of [1, 2])
    yield ['tool.call.started', { toolCallId: `sluice_${at}`, name, input: { at } }, `a${at}`]
  for (const at of [1, 2]) {
    const toolCallId = `sluice_${at}`
    yield* stage.ask({ approvalId: `ask_${at}`, name, toolCallId })
    yield ['tool.call.completed', { toolCallId, name, outcome: 'ok', output: at }, `a${at}`]
  }
  yield ['run.completed', { stopReason: 'stop' }]
}

const user: LanguageModelV4Prompt = callOf('open the sluice').prompt

/** What the AI SDK makes of parts for the next prompt. */
function heard(
  parts: readonly Part[],
  approved: boolean | undefined,
  reason?: string,
): LanguageModelV4Prompt {
  const calls = partsOf(parts, 'tool-call').map(({ toolCallId, toolName, input, providerMetadata }) => ({
    type: 'tool-call' as const,
    toolCallId,
    toolName,
    input: JSON.parse(input) as unknown,
    providerExecuted: true,
    ...(providerMetadata === undefined ? {} : { providerOptions: providerMetadata }),
  }))
  const results = partsOf(parts, 'tool-result').map(({ toolCallId, toolName, result }) => ({
    type: 'tool-result' as const,
    toolCallId,
    toolName,
    output: { type: 'json' as const, value: result },
  }))
  const answers = partsOf(parts, 'tool-approval-request').map(({ approvalId }) => ({
    type: 'tool-approval-response' as const,
    approvalId,
    approved: approved ?? false,
    ...(reason === undefined ? {} : { reason }),
  }))
  const assistant = { role: 'assistant' as const, content: [...calls, ...results] }
  return approved === undefined ? [assistant] : [assistant, { role: 'tool', content: answers }]
}

const modelOn = (gateway: ScriptedGateway): ReturnType<ReturnType<typeof createPincer>['languageModel']> =>
  createPincer({ gateway }).languageModel('main')

async function paused(
  script: Script = asks(1),
): Promise<{ gateway: ScriptedGateway; parts: readonly Part[] }> {
  const gateway = scriptedGateway({ script: () => script })
  return { gateway, parts: await streamAll(modelOn(gateway), { prompt: user }) }
}

describe('a pause', () => {
  it('leaves the run open, and nobody reads it', async () => {
    const { gateway, parts } = await paused()
    expect(onlyPart(parts, 'finish').finishReason).toEqual({ unified: 'tool-calls', raw: 'approval' })
    const [run] = gateway.started
    expect([run?.status, run?.cancelReasons, run?.openReadings]).toEqual(['accepted', [], 0])
  })

  it('is not ended by an abort that comes after it', async () => {
    const gateway = scriptedGateway({ script: () => asks(1) })
    const abort = new AbortController()
    const parts = await streamAll(modelOn(gateway), { prompt: user, abortSignal: abort.signal })
    abort.abort()
    expect(gateway.started[0]?.status).toBe('accepted')
    const rest = await streamAll(modelOn(gateway), { prompt: [...user, ...heard(parts, true)] })
    expect(onlyPart(rest, 'finish').finishReason.unified).toBe('stop')
  })

  it('comes once for each question of a run, and usage is told once', async () => {
    const { gateway, parts } = await paused(asks(3))
    const prompt = [...user]
    let step = parts
    let tokens = 0
    for (let at = 1; at <= 3; at++) {
      expect(onlyPart(step, 'tool-approval-request').approvalId).toBe(`ask_${at}`)
      expect(textOf(step)).toBe(`Question ${at}.`)
      tokens += onlyPart(step, 'finish').usage.inputTokens.total ?? 0
      prompt.push(...heard(step, true))
      step = await streamAll(modelOn(gateway), { prompt })
    }
    tokens += onlyPart(step, 'finish').usage.inputTokens.total ?? 0
    expect(textOf(step)).toBe('All told.')
    expect(tokens).toBe(scriptedUsage.inputTokens)
    expect(gateway.started).toHaveLength(1)
    expect(gateway.decisions.map(([id, decision]) => [id, decision])).toEqual([
      ['ask_1', 'approve'],
      ['ask_2', 'approve'],
      ['ask_3', 'approve'],
    ])
  })

  it('of two calls at once is answered one after the other', async () => {
    const { gateway, parts } = await paused(asksBoth)
    const prompt = [...user]
    let step = parts
    for (let count = 0; count < 3 && onlyPart(step, 'finish').finishReason.raw === 'approval'; count++) {
      prompt.push(...heard(step, true))
      step = await streamAll(modelOn(gateway), { prompt })
    }
    expect(onlyPart(step, 'finish').finishReason.unified).toBe('stop')
    expect(gateway.decisions.map(([id]) => id)).toEqual(['ask_1', 'ask_2'])
  })

  it('that asks before its tool call was told still asks after it', async () => {
    const script: Script = async function* (stage) {
      const toolCallId = 'late'
      const question = stage.ask({ approvalId: 'ask_late', name, toolCallId, input: { at: 0 } })
      yield (await question.next()).value as never
      yield ['tool.call.started', { toolCallId, name, input: { at: 0 } }, toolCallId]
      yield* question
      yield ['tool.call.completed', { toolCallId, name, outcome: 'ok', output: 1 }, toolCallId]
      yield ['run.completed', {}]
    }
    const gateway = scriptedGateway({ script: () => script })
    const parts = await streamAll(modelOn(gateway), { prompt: user })
    expect(onlyPart(parts, 'tool-approval-request')).toMatchObject({
      approvalId: 'ask_late',
      toolCallId: 'late',
    })
    const rest = await streamAll(modelOn(gateway), { prompt: [...user, ...heard(parts, true)] })
    expect(onlyPart(rest, 'finish').finishReason.unified).toBe('stop')
  })

  it('about no tool call that is told asks about one of its own', async () => {
    const script: Script = async function* (stage) {
      const { status } = yield* stage.ask({ approvalId: 'ask_model', name: 'demo-1', reason: 'dear' })
      yield* say(`it is ${status}`)
      yield ['run.completed', {}]
    }
    const gateway = scriptedGateway({ script: () => script })
    const parts = await streamAll(modelOn(gateway), { prompt: user })
    expect(onlyPart(parts, 'tool-approval-request').approvalId).toBe('ask_model')
    const rest = await streamAll(modelOn(gateway), { prompt: [...user, ...heard(parts, true)] })
    expect(textOf(rest)).toBe('it is approved')
  })
})

describe('an answer', () => {
  it('carries the reason of a refusal', async () => {
    const { gateway, parts } = await paused()
    const rest = await streamAll(modelOn(gateway), {
      prompt: [...user, ...heard(parts, false, 'high water')],
    })
    expect(gateway.decisions).toEqual([['ask_1', 'deny', 'high water']])
    expect(JSON.stringify(onlyPart(rest, 'tool-result').result)).toContain('high water')
  })

  it('that is given twice goes on twice, and decides once', async () => {
    const { gateway, parts } = await paused()
    const options: LanguageModelV4CallOptions = { prompt: [...user, ...heard(parts, true)] }
    const [one, other] = await Promise.all([
      streamAll(modelOn(gateway), options),
      streamAll(modelOn(gateway), options),
    ])
    expect(textOf(one)).toBe('All told.')
    expect(textOf(other)).toBe('All told.')
    expect(gateway.started).toHaveLength(1)
  })

  it('after the run has ended tells its end', async () => {
    const { gateway, parts } = await paused()
    await gateway.approvals.decide('ask_1', { decision: 'approve' })
    await within(eventually(() => gateway.started[0]?.status === 'completed'))
    const rest = await streamAll(modelOn(gateway), { prompt: [...user, ...heard(parts, true)] })
    expect(textOf(rest)).toBe('All told.')
    expect(partsOf(rest, 'tool-result')).toHaveLength(1)
  })

  it('to a run that was cancelled meanwhile says so', async () => {
    const { gateway, parts } = await paused()
    await gateway.started[0]?.cancel('an operator')
    const rest = await streamAll(modelOn(gateway), { prompt: [...user, ...heard(parts, true)] })
    expect(onlyPart(rest, 'finish').finishReason).toEqual({ unified: 'interrupted', raw: 'cancelled' })
  })

  it('to a run that the gateway has forgotten fails, and starts no other', async () => {
    const { gateway, parts } = await paused()
    Object.assign(gateway.behaviour, { onGet: () => 'unknown' })
    const answer = streamAll(modelOn(gateway), { prompt: [...user, ...heard(parts, true)] })
    await expect(within(answer)).rejects.toThrow(/run/)
    expect(gateway.started).toHaveLength(1)
  })

  it('that the gateway does not take fails with its error, and the run goes on waiting', async () => {
    const { gateway, parts } = await paused()
    const usual = { ...gateway.approvals }
    const refusal = new GatewayError('you may not decide', { status: 403 })
    Object.assign(gateway.approvals, { decide: () => Promise.reject(refusal) })
    const options = { prompt: [...user, ...heard(parts, true)] }
    const error: unknown = await within(modelOn(gateway).doGenerate(options)).catch(
      (thrown: unknown) => thrown,
    )
    expect([error, Object(error).cause]).toContain(refusal)
    expect(gateway.started[0]?.status).toBe('accepted')
    Object.assign(gateway.approvals, usual)
    expect(textOf(await streamAll(modelOn(gateway), options))).toBe('All told.')
  })

  it('is not given again by what is asked afterwards', async () => {
    const { gateway, parts } = await paused()
    const answered = [...user, ...heard(parts, true)]
    const rest = await streamAll(modelOn(gateway), { prompt: answered })
    const prompt: LanguageModelV4Prompt = [
      ...answered,
      ...heard(rest, undefined),
      { role: 'user', content: [{ type: 'text', text: 'and now?' }] },
    ]
    await streamAll(modelOn(gateway), { prompt })
    expect(gateway.decisions).toHaveLength(1)
    expect(gateway.started).toHaveLength(2)
  })

  it('whose message lost its metadata says what is missing', async () => {
    const { gateway, parts } = await paused()
    const prompt = [...user, ...heard(parts, true)].map((message) =>
      message.role === 'assistant'
        ? {
            ...message,
            content: message.content.map((part) => {
              const { providerOptions: _lost, ...bare } = part
              return bare
            }),
          }
        : message,
    ) as LanguageModelV4Prompt
    const answer = streamAll(modelOn(gateway), { prompt })
    await expect(within(answer)).rejects.toThrow(/ask_1|approval|providerOptions|metadata/)
    expect(gateway.started).toHaveLength(1)
  })

  it('can be given up while it is waited for', async () => {
    const script: Script = async function* (stage) {
      const toolCallId = 'slow'
      yield ['tool.call.started', { toolCallId, name, input: {} }, toolCallId]
      yield* stage.ask({ approvalId: 'ask_slow', name, toolCallId })
      await stage.forever()
    }
    const { gateway, parts } = await paused(script)
    const abort = new AbortController()
    const options = { prompt: [...user, ...heard(parts, true)], abortSignal: abort.signal }
    const reader = await openStream(modelOn(gateway), options)
    await readParts(reader, { until: ({ type }) => type === 'response-metadata' })
    const reason = new Error('the user left')
    abort.abort(reason)
    expect((await readParts(reader, { timeoutMs: 2_000 })).failure?.error).toBe(reason)
    await within(eventually(() => gateway.started[0]?.status === 'cancelled'))
  })

  it('loses its connection and goes on', async () => {
    const { gateway, parts } = await paused()
    let lost = 0
    const fault = (reading: number): { after: number; outcome: Error } | undefined =>
      reading === 2
        ? { after: 6 + lost++, outcome: new GatewayError('lost', { retryable: true }) }
        : undefined
    Object.assign(gateway.behaviour, { fault })
    const rest = await streamAll(modelOn(gateway), { prompt: [...user, ...heard(parts, true)] })
    expect(lost).toBe(1)
    expect(textOf(rest)).toBe('All told.')
  })
})

describe('generateText', () => {
  it('goes through three questions, as a program that keeps messages does', async () => {
    const gateway = scriptedGateway({ script: () => asks(3) })
    const messages: ModelMessage[] = [{ role: 'user', content: 'open them' }]
    const texts: string[] = []
    const approvedOf = [true, false, true]
    for (let step = 0; step < 4; step++) {
      const { content, text, responseMessages } = await within(
        generateText({ model: modelOn(gateway), messages }),
      )
      texts.push(text)
      messages.push(...(JSON.parse(JSON.stringify(responseMessages)) as ModelMessage[]))
      for (const part of content) {
        if (part.type !== 'tool-approval-request') continue
        const approved = approvedOf[step] ?? false
        const answer = { type: 'tool-approval-response' as const, approvalId: part.approvalId, approved }
        messages.push({ role: 'tool', content: [{ ...answer, providerExecuted: true }] })
      }
    }
    expect(texts).toEqual(['Question 1.', 'Question 2.', 'Question 3.', 'All told.'])
    expect(gateway.decisions.map(([, decision]) => decision)).toEqual(['approve', 'deny', 'approve'])
    expect(gateway.started).toHaveLength(1)
  })
})
