import type { LanguageModelV4CallOptions, LanguageModelV4Prompt } from '@ai-sdk/provider'
import { generateText, type ModelMessage, streamText } from 'ai'
import { expect, it } from 'vitest'

import { answerMs, callFor, openStream, streamAll } from './call.ts'
import { namesOf, onlyPart, type Part, partsOf, textOf } from './parts.ts'
import { metadataOf } from './pincer-metadata.ts'
import { readParts, within } from './read-parts.ts'
import { expectCancelled } from './expect-cancelled.ts'
import { streamBreaches } from './stream-rules.ts'
import { modelOf, type ProviderSubject } from './subject.ts'

/** Questions of the gateway about its own tools: the run pauses, and goes on with the answer. */
export function approvalChecks(subject: () => ProviderSubject): void {
  const test = (name: string, check: () => Promise<void>): void =>
    it(name, async () => {
      if (!subject().cannot.includes('approval')) await check()
    })

  test('are asked after the call that they are about, and end the step', async () => {
    const { gateway } = subject()
    const paused = await pause(subject())
    const call = onlyPart(paused, 'tool-call')
    const request = onlyPart(paused, 'tool-approval-request')
    expect(request.toolCallId).toBe(call.toolCallId)
    expect(call.toolName).toBe(subject().askedTool.name)
    expect(partsOf(paused, 'tool-result')).toEqual([])
    expect(onlyPart(paused, 'finish').finishReason).toEqual({ unified: 'tool-calls', raw: 'approval' })
    expect((await gateway.approvals?.get(request.approvalId))?.status).toBe('pending')
    expect(metadataOf(call)).toMatchObject({ runId: metadataOf(onlyPart(paused, 'finish')).runId })
    expect(metadataOf(call).seq).toEqual(expect.any(Number))
    await leave(subject(), paused)
  })

  test('go on in another process once they are approved', async () => {
    const paused = await pause(subject())
    const { toolCallId } = onlyPart(paused, 'tool-call')
    // As it was kept in a database between the two.
    const options = JSON.parse(
      JSON.stringify(answer(subject(), paused, { approved: true })),
    ) as LanguageModelV4CallOptions
    const rest = await streamAll(modelOf(subject()), options)
    const results = partsOf(rest, 'tool-result').filter(({ preliminary }) => preliminary !== true)
    expect(results).toMatchObject([{ toolCallId, toolName: subject().askedTool.name }])
    expect(results[0]?.isError ?? false).toBe(false)
    expect(JSON.stringify(results[0]?.result)).toContain(subject().askedTool.answers)
    expect(partsOf(rest, 'tool-approval-request')).toEqual([])
    expect(onlyPart(rest, 'finish').finishReason.unified).toBe('stop')
    expect(textOf(rest)).toContain(subject().askedTool.answers)
    expect(metadataOf(onlyPart(rest, 'finish')).runId).toBe(metadataOf(onlyPart(paused, 'finish')).runId)
    // What was told before the pause is not told again.
    expect(textOf(rest, 'reasoning-delta')).toBe('')
    const approval = await subject().gateway.approvals?.get(
      onlyPart(paused, 'tool-approval-request').approvalId,
    )
    if (approval !== undefined) expect(approval.status).toBe('approved')
  })

  test('go on without the tool where they are denied', async () => {
    const paused = await pause(subject())
    const { toolCallId } = onlyPart(paused, 'tool-call')
    const denied = answer(subject(), paused, { approved: false, reason: 'not at low tide' })
    const rest = await streamAll(modelOf(subject()), denied)
    const results = partsOf(rest, 'tool-result').filter(({ preliminary }) => preliminary !== true)
    expect(results).toMatchObject([{ toolCallId, isError: true }])
    expect(JSON.stringify(results)).not.toContain(subject().askedTool.answers)
    expect(onlyPart(rest, 'finish').finishReason.unified).toBe('stop')
  })

  test('are settled by whoever decides first', async () => {
    const paused = await pause(subject())
    const { approvalId } = onlyPart(paused, 'tool-approval-request')
    await subject().gateway.approvals?.decide(approvalId, { decision: 'approve', decidedBy: 'an operator' })
    // The answer of the chat comes too late, whatever it is.
    const rest = await streamAll(modelOf(subject()), answer(subject(), paused, { approved: false }))
    const results = partsOf(rest, 'tool-result').filter(({ preliminary }) => preliminary !== true)
    expect(JSON.stringify(results[0]?.result)).toContain(subject().askedTool.answers)
    expect(onlyPart(rest, 'finish').finishReason.unified).toBe('stop')
  })

  test('are waited for where that is asked for', async () => {
    const { gateway } = subject()
    const model = modelOf(subject(), { approvals: 'wait' })
    const reader = await openStream(model, callFor(subject(), 'ask'))
    const first = await readParts(reader, {
      until: ({ type }) => type === 'tool-approval-request',
      timeoutMs: answerMs,
    })
    const { approvalId } = onlyPart(first.parts, 'tool-approval-request')
    await gateway.approvals?.decide(approvalId, { decision: 'approve' })
    const rest = await readParts(reader, { timeoutMs: answerMs })
    const parts = [...first.parts, ...rest.parts]
    expect(streamBreaches(parts)).toEqual([])
    expect(textOf(parts)).toContain(subject().askedTool.answers)
    expect(onlyPart(parts, 'finish').finishReason.unified).toBe('stop')
  })

  test('are left by an abort while they are waited for, and the run with them', async () => {
    const abort = new AbortController()
    const reason = new Error('the user left')
    const model = modelOf(subject(), { approvals: 'wait' })
    const reader = await openStream(model, callFor(subject(), 'ask', { abortSignal: abort.signal }))
    const first = await readParts(reader, {
      until: ({ type }) => type === 'tool-approval-request',
      timeoutMs: answerMs,
    })
    abort.abort(reason)
    expect((await readParts(reader)).failure?.error).toBe(reason)
    await expectCancelled(subject(), onlyPart(first.parts, 'response-metadata').id)
  })

  test('are part of an answer as a whole', async () => {
    const result = await within(modelOf(subject()).doGenerate(callFor(subject(), 'ask')), answerMs)
    const types = result.content.map(({ type }) => type)
    expect(types.slice(types.indexOf('tool-call'))).toEqual(['tool-call', 'tool-approval-request'])
    expect(result.finishReason).toEqual({ unified: 'tool-calls', raw: 'approval' })
    await (await subject().gateway.agents?.get(metadataOf(result).runId))?.cancel()
  })

  test('come and go with generateText', async () => {
    const messages: ModelMessage[] = [{ role: 'user', content: subject().prompts.ask }]
    const asked = await within(generateText({ model: modelOf(subject()), messages }), answerMs)
    expect(asked.finishReason).toBe('tool-calls')
    const [request] = asked.content.filter((part) => part.type === 'tool-approval-request')
    expect(request).toMatchObject({ toolCall: { toolName: subject().askedTool.name } })
    const response = {
      type: 'tool-approval-response' as const,
      approvalId: request?.approvalId ?? '',
      approved: true,
    }
    messages.push(...asked.responseMessages, {
      role: 'tool',
      content: [{ ...response, providerExecuted: true }],
    })
    const answered = await within(generateText({ model: modelOf(subject()), messages }), answerMs)
    expect(answered.finishReason).toBe('stop')
    expect(answered.text).toContain(subject().askedTool.answers)
    expect(JSON.stringify(answered.toolResults)).toContain(subject().askedTool.answers)
  })

  test('are denied with streamText', async () => {
    const messages: ModelMessage[] = [{ role: 'user', content: subject().prompts.ask }]
    const asked = streamText({ model: modelOf(subject()), messages })
    const [request] = (await within(asked.content, answerMs)).filter(
      (part) => part.type === 'tool-approval-request',
    )
    const response = {
      type: 'tool-approval-response' as const,
      approvalId: request?.approvalId ?? '',
      approved: false,
    }
    const content = [{ ...response, reason: 'not today', providerExecuted: true }]
    messages.push(...(await asked.responseMessages), { role: 'tool', content })
    const answered = streamText({ model: modelOf(subject()), messages })
    expect(await within(answered.finishReason, answerMs)).toBe('stop')
    expect(JSON.stringify(await answered.content)).not.toContain(subject().askedTool.answers)
  })
}

async function pause(subject: ProviderSubject): Promise<readonly Part[]> {
  const parts = await streamAll(modelOf(subject), callFor(subject, 'ask'))
  expect(namesOf(parts)).toMatch(/tool-call tool-approval-request finish$/)
  return parts
}

// The next prompt, as the AI SDK makes it from the messages of the step before.
function answer(
  subject: ProviderSubject,
  paused: readonly Part[],
  response: { readonly approved: boolean; readonly reason?: string },
): LanguageModelV4CallOptions {
  const { toolCallId, toolName, input, providerMetadata } = onlyPart(paused, 'tool-call')
  const { approvalId } = onlyPart(paused, 'tool-approval-request')
  const prompt: LanguageModelV4Prompt = [
    ...callFor(subject, 'ask').prompt,
    {
      role: 'assistant',
      content: [
        {
          type: 'tool-call',
          toolCallId,
          toolName,
          input: JSON.parse(input) as unknown,
          providerExecuted: true,
          ...(providerMetadata === undefined ? {} : { providerOptions: providerMetadata }),
        },
      ],
    },
    { role: 'tool', content: [{ type: 'tool-approval-response', approvalId, ...response }] },
  ]
  return { prompt }
}

async function leave({ gateway }: ProviderSubject, paused: readonly Part[]): Promise<void> {
  await (await gateway.agents?.get(metadataOf(onlyPart(paused, 'finish')).runId))?.cancel()
}
