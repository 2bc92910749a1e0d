import type { LanguageModelV4CallOptions, LanguageModelV4Prompt } from '@ai-sdk/provider'
import type { AgentRunRequest, SessionMessage } from '@pincer/protocol'
import { generateText, isStepCount, type ModelMessage, streamText, tool } from 'ai'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { createPincer } from '../src/index.ts'
import { say } from './conformance/scripted-agent.ts'
import {
  type ScriptedBehaviour,
  type ScriptedGateway,
  scriptedGateway,
} from './conformance/scripted-gateway.ts'
import { stand } from './conformance/whole-run.ts'

globalThis.AI_SDK_LOG_WARNINGS = false

async function asked(
  options: Partial<LanguageModelV4CallOptions>,
  behaviour: Partial<ScriptedBehaviour> = {},
): Promise<{ readonly request: AgentRunRequest; readonly warnings: readonly unknown[] }> {
  const { gateway, model } = stand([['run.completed', {}]], behaviour)
  const { warnings } = await model.doGenerate({ prompt: userSays('hello'), ...options })
  const request = gateway.started[0]?.request
  if (request === undefined) throw new Error('nothing was asked')
  return { request, warnings }
}

function userSays(text: string): LanguageModelV4Prompt {
  return [{ role: 'user', content: [{ type: 'text', text }] }]
}

async function toldOf(prompt: LanguageModelV4Prompt): Promise<readonly SessionMessage[]> {
  const { input } = (await asked({ prompt })).request
  return typeof input === 'string' ? [] : input
}

describe('what an agent is told of a conversation', () => {
  it('is all of it: words, calls and what came of them', async () => {
    const call = { type: 'tool-call', toolName: 'add', input: { left: 1 } } as const
    const own = { ...call, toolCallId: 'own', toolName: 'tide', providerExecuted: true }
    expect(
      await toldOf([
        { role: 'system', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'One' },
            { type: 'text', text: 'and two' },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'reasoning', text: 'hm' },
            { type: 'text', text: 'I look. ' },
            own,
            {
              type: 'tool-result',
              toolCallId: 'own',
              toolName: 'tide',
              output: { type: 'json', value: { tide: 'low' } },
            },
            { type: 'text', text: 'It is low.' },
            { ...call, toolCallId: 'mine' },
          ],
        },
        {
          role: 'tool',
          content: [
            {
              type: 'tool-result',
              toolCallId: 'mine',
              toolName: 'add',
              output: { type: 'text', value: '3' },
            },
          ],
        },
        { role: 'user', content: [{ type: 'text', text: 'Thanks' }] },
      ]),
    ).toEqual([
      { role: 'system', text: 'Be brief.' },
      { role: 'user', text: 'One\n\nand two' },
      {
        role: 'assistant',
        text: 'I look. ',
        toolCalls: [{ toolCallId: 'own', name: 'tide', input: { left: 1 } }],
      },
      { role: 'tool', toolCallId: 'own', output: { tide: 'low' } },
      {
        role: 'assistant',
        text: 'It is low.',
        toolCalls: [{ toolCallId: 'mine', name: 'add', input: { left: 1 } }],
      },
      { role: 'tool', toolCallId: 'mine', output: '3' },
      { role: 'user', text: 'Thanks' },
    ])
  })

  it.each([
    [{ type: 'text', value: 'words' }, 'words'],
    [{ type: 'json', value: { a: [1, null] } }, { a: [1, null] }],
    [{ type: 'error-text', value: 'no' }, { error: 'no' }],
    [{ type: 'error-json', value: { code: 7 } }, { error: { code: 7 } }],
    [{ type: 'execution-denied' }, { error: 'the call was denied and did not happen' }],
    [{ type: 'execution-denied', reason: 'late' }, { error: 'the call was denied and did not happen: late' }],
    [
      {
        type: 'content',
        value: [
          { type: 'text', text: 'one' },
          { type: 'file', mediaType: 'text/csv', filename: 'a.csv', data: { type: 'data', data: 'YSxi' } },
        ],
      },
      'one\n\na.csv:\na,b',
    ],
  ] as const)('tells the output of a tool: %j', async (output, told) => {
    const messages = await toldOf([
      ...userSays('go'),
      { role: 'assistant', content: [{ type: 'tool-call', toolCallId: 't', toolName: 'add', input: {} }] },
      // The compiler takes readonly lists for another type.
      {
        role: 'tool',
        content: [
          { type: 'tool-result', toolCallId: 't', toolName: 'add', output: structuredClone(output) as never },
        ],
      },
    ])
    expect(messages.at(-1)).toEqual({ role: 'tool', toolCallId: 't', output: told })
  })

  it('tells files of text as text, and refuses the others before anything is started', async () => {
    const file = (mediaType: string, data: Uint8Array): LanguageModelV4Prompt => [
      {
        role: 'user',
        content: [{ type: 'file', mediaType, filename: 'notes', data: { type: 'data', data } }],
      },
    ]
    expect(await toldOf(file('text/plain', new TextEncoder().encode('crab')))).toEqual([
      { role: 'user', text: 'notes:\ncrab' },
    ])
    const { gateway, model } = stand([['run.completed', {}]])
    const answer = model.doGenerate({ prompt: file('image/png', new Uint8Array(4)) })
    await expect(answer).rejects.toMatchObject({
      name: 'AI_UnsupportedFunctionalityError',
      message: expect.stringMatching(
        /told text only, found a file of type "image\/png" in a user message; say in words/,
      ),
    })
    expect(gateway.started).toHaveLength(0)
  })

  it('refuses a conversation that asks for nothing', async () => {
    await expect(toldOf([{ role: 'system', content: 'Be brief.' }])).rejects.toThrow(
      'nothing is asked of the agent',
    )
  })

  it('leaves a call of the agent out that nothing came of, and tells one that was told twice once', async () => {
    const own = (toolCallId: string) =>
      ({ type: 'tool-call', toolCallId, toolName: 'tide', input: {}, providerExecuted: true }) as const
    const result = {
      type: 'tool-result',
      toolCallId: 'a',
      toolName: 'tide',
      output: { type: 'text', value: 'low' },
    } as const
    const messages = await toldOf([
      ...userSays('go'),
      { role: 'assistant', content: [own('a'), own('lost')] },
      { role: 'tool', content: [{ ...result, output: { type: 'execution-denied' } }] },
      { role: 'assistant', content: [own('a'), result, { type: 'text', text: 'Low.' }] },
      ...userSays('and now?'),
    ])
    expect(messages.filter(({ toolCalls }) => toolCalls !== undefined)).toHaveLength(1)
    expect(messages.filter(({ role }) => role === 'tool')).toEqual([
      { role: 'tool', toolCallId: 'a', output: 'low' },
    ])
  })
})

describe('a session', () => {
  const session = { pincer: { sessionKey: 'ada' } }
  const done = (gateway: ScriptedGateway): readonly (string | readonly SessionMessage[])[] =>
    gateway.started.map(({ request }) => request.input)

  it('is told only what is new to it', async () => {
    const { gateway } = stand([...say('Hello.'), ['run.completed', {}]])
    const model = createPincer({ gateway })('main')
    const messages: ModelMessage[] = [{ role: 'user', content: 'one' }]
    for (const next of ['two', 'three']) {
      const { responseMessages } = await generateText({
        model,
        messages,
        instructions: 'Be brief.',
        providerOptions: session,
      })
      messages.push(...responseMessages, { role: 'user', content: next })
    }
    await generateText({ model, messages, instructions: 'Be brief.', providerOptions: session })
    const rules = { role: 'system', text: 'Be brief.' }
    expect(done(gateway)).toEqual([
      [rules, { role: 'user', text: 'one' }],
      [rules, { role: 'user', text: 'two' }],
      [rules, { role: 'user', text: 'three' }],
    ])
  })

  it('that is new is told what another model said before', async () => {
    const { gateway } = stand([['run.completed', {}]])
    Object.assign(gateway, { sessions: { get: async () => undefined } })
    const messages: ModelMessage[] = [
      { role: 'user', content: 'one' },
      { role: 'assistant', content: 'first' },
      { role: 'user', content: 'two' },
    ]
    await generateText({ model: createPincer({ gateway })('main'), messages, providerOptions: session })
    expect(done(gateway)[0]).toHaveLength(3)
  })

  it('with a key that the gateway writes in full is the same', async () => {
    const { gateway } = stand([['run.completed', {}]])
    const model = createPincer({ gateway })('main')
    const prompt: LanguageModelV4Prompt = [
      ...userSays('one'),
      {
        role: 'assistant',
        content: [
          {
            type: 'text',
            text: 'Hello.',
            providerOptions: { pincer: { runId: 'r', sessionKey: 'agent:main:ada' } },
          },
        ],
      },
      // Somebody else's answer, which the session has not heard.
      { role: 'assistant', content: [{ type: 'text', text: 'Other.' }] },
      ...userSays('two'),
    ]
    await model.doGenerate({ prompt, providerOptions: session })
    expect(done(gateway)).toEqual([
      [
        { role: 'assistant', text: 'Other.' },
        { role: 'user', text: 'two' },
      ],
    ])
  })

  it('that has heard everything says so', async () => {
    const { gateway } = stand([['run.completed', {}]])
    const messages: ModelMessage[] = [
      { role: 'user', content: 'one' },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'x', providerOptions: { pincer: { runId: 'r', sessionKey: 'ada' } } },
        ],
      },
    ]
    const answer = generateText({
      model: createPincer({ gateway })('main'),
      messages,
      providerOptions: session,
    })
    await expect(answer).rejects.toThrow('the session "ada" has heard all of this conversation')
  })

  it('takes the answers of tools alone', async () => {
    const gateway = scriptedGateway({
      script: ({ input }) =>
        JSON.stringify(input).includes('"tool"')
          ? () => [...say('3'), ['run.completed', {}]]
          : () => [
              ['run.completed', { output: { toolCalls: [{ toolCallId: 'c', name: 'add', input: {} }] } }],
            ],
    })
    const add = tool({ inputSchema: z.object({}), execute: () => 3 })
    const { text } = await generateText({
      model: createPincer({ gateway })('main'),
      prompt: 'add',
      tools: { add },
      stopWhen: isStepCount(2),
      providerOptions: session,
    })
    expect(text).toBe('3')
    expect(done(gateway)[1]).toEqual([{ role: 'tool', toolCallId: 'c', output: 3 }])
  })
})

describe('tools of the caller', () => {
  const tools = ['add', 'sub'].map((name) => ({
    type: 'function' as const,
    name,
    description: `Can ${name}`,
    inputSchema: { type: 'object' as const, properties: {} },
  }))

  it('are described as they are', async () => {
    const { request, warnings } = await asked({ tools })
    expect(request.tools).toEqual([
      { name: 'add', description: 'Can add', inputSchema: { type: 'object', properties: {} } },
      { name: 'sub', description: 'Can sub', inputSchema: { type: 'object', properties: {} } },
    ])
    expect(warnings).toEqual([])
  })

  it.each([
    ['required', { type: 'required' }, ['add', 'sub'], /call of one of the tools of the caller/],
    ['one tool', { type: 'tool', toolName: 'sub' }, ['sub'], /call of the tool "sub"/],
  ] as const)('a choice is said in words, and warned about: %s', async (_, toolChoice, names, words) => {
    const { request, warnings } = await asked({ tools, toolChoice })
    expect(request.tools?.map(({ name }) => name)).toEqual(names)
    expect(request.input[0]).toMatchObject({ role: 'system', text: expect.stringMatching(words) })
    expect(warnings).toMatchObject([{ type: 'compatibility', feature: 'toolChoice' }])
  })

  it('chosen to be none: none is offered, and none of the agent’s own is told, so that the AI SDK takes the answer', async () => {
    const { gateway, model } = stand([
      ['tool.call.started', { toolCallId: 't', name: 'tide', input: {} }],
      ['tool.call.completed', { toolCallId: 't', outcome: 'ok', output: 1 }],
      ...say('Low.'),
      ['run.completed', {}],
    ])
    const add = tool({ inputSchema: z.object({}), execute: () => 3 })
    const result = await generateText({ model, prompt: 'go', tools: { add }, toolChoice: 'none' })
    expect(result.text).toBe('Low.')
    expect(result.warnings).toMatchObject([{ type: 'compatibility', feature: 'toolChoice' }])
    expect(gateway.started[0]?.request.tools).toBeUndefined()
  })

  it('that a gateway does not take are not sent', async () => {
    const { request, warnings } = await asked({ tools }, { takes: [] })
    expect(request.tools).toBeUndefined()
    expect(warnings).toEqual([
      {
        type: 'unsupported',
        feature: 'tools',
        details: 'the gateway "scripted" takes none of the caller: add, sub cannot be called',
      },
    ])
  })
})

describe('settings', () => {
  it('are followed where the gateway follows them', async () => {
    const pincer = { model: 'm', timeoutMs: 9, label: 'l', thinking: 'deep' }
    const { request, warnings } = await asked({ reasoning: 'low', providerOptions: { pincer } })
    expect(request).toMatchObject(pincer)
    expect(warnings).toEqual([])
    expect((await asked({ reasoning: 'high' })).request.thinking).toBe('high')
    expect((await asked({ reasoning: 'provider-default' })).request.thinking).toBeUndefined()
  })

  it('are named one by one where it does not', async () => {
    const pincer = { model: 'm', timeoutMs: 9, label: 'l', thinking: 'deep' }
    const { request, warnings } = await asked({ providerOptions: { pincer } }, { takes: [] })
    expect(Object.keys(request).toSorted()).toEqual(['agentId', 'input', 'signal'])
    expect(warnings.map((warning) => Object(warning).feature)).toEqual(
      ['model', 'timeoutMs', 'label', 'thinking'].map((name) => `providerOptions.pincer.${name}`),
    )
    expect((await asked({ reasoning: 'low' }, { takes: [] })).warnings).toMatchObject([
      { feature: 'reasoning' },
    ])
  })

  it('headers are those of the gateway’s own client', async () => {
    const { model } = stand([['run.completed', {}]])
    expect((await generateText({ model, prompt: 'go' })).warnings).toEqual([])
    const { warnings } = await generateText({ model, prompt: 'go', headers: { 'x-mine': '1' } })
    expect(warnings).toMatchObject([{ type: 'unsupported', feature: 'headers' }])
  })

  it('show what was asked as the body of the request', async () => {
    const { model } = stand([['run.completed', {}]])
    const result = streamText({ model, prompt: 'go', include: { requestBody: true } })
    await result.consumeStream()
    expect((await result.request).body).toEqual({ agentId: 'main', input: [{ role: 'user', text: 'go' }] })
  })
})
