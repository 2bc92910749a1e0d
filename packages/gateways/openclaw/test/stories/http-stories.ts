import { OpenAI } from 'openai'
import { expect } from 'vitest'
import { openAiEndpoint } from '../../src/index.ts'
import { type Story, story, type StoryTools } from './story.ts'

const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
} as const

/** The same Gateway behind the official OpenAI client. */
export const httpStories: readonly Story[] = [
  story('openai-chat', async (oc, tools) => {
    const { openai, model } = connect(tools, {})
    const answer = await openai.chat.completions.create({
      model: model('main'),
      messages: [{ role: 'user', content: 'Say over HTTP' }],
    })
    expect(answer.choices).toMatchObject([{ finish_reason: 'stop', message: { content: 'over HTTP' } }])
    expect(answer.usage?.prompt_tokens).toBeGreaterThan(1000)
    // The id of the answer is the id of the run.
    expect(await oc.runs.wait(answer.id, { timeoutMs: 10_000 })).toMatchObject({
      status: 'completed',
      text: 'over HTTP',
    })
    await expect(openai.models.list()).resolves.toMatchObject({
      data: expect.arrayContaining([expect.objectContaining({ id: 'openclaw/main' })]) as unknown,
    })
  }),

  story('openai-stream', async (_oc, tools) => {
    const { openai, model } = connect(tools, {
      sessionKey: 'agent:main:openai-stream',
      backendModel: 'scripted/thinker',
    })
    const stream = await openai.chat.completions.create({
      model: model(),
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: 'user', content: 'Say piece by piece' }],
    })
    let text = ''
    let totalTokens = 0
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? ''
      totalTokens += chunk.usage?.total_tokens ?? 0
    }
    expect(text).toBe('piece by piece')
    expect(totalTokens).toBeGreaterThan(1000)
  }),

  story('openai-tools', async (_oc, tools) => {
    const { openai, model } = connect(tools, {})
    const answer = await openai.chat.completions.create({
      model: model('main'),
      messages: [{ role: 'user', content: '[[tool:get_weather {"city":"Oslo"}]]' }],
      tools: [weather],
    })
    expect(answer.choices).toMatchObject([
      {
        finish_reason: 'tool_calls',
        message: { tool_calls: [{ function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } }] },
      },
    ])
  }),

  story('openai-responses', async (_oc, tools) => {
    const { openai, model } = connect(tools, {})
    const answer = await openai.responses.create({ model: model('main'), input: 'Say a response' })
    expect(answer).toMatchObject({ status: 'completed', output_text: 'a response' })
  }),

  story('openai-errors', async (_oc, tools) => {
    const { openai } = connect(tools, {})
    const messages = [{ role: 'user', content: 'Say hi' }] as const
    await expect(
      openai.chat.completions.create({ model: 'gpt-5.5', messages: [...messages] }),
    ).rejects.toMatchObject({ status: 400 })
    const { openai: stranger, model } = connect({ ...tools, token: 'a-wrong-token' }, {})
    await expect(
      stranger.chat.completions.create({ model: model('main'), messages: [...messages] }),
    ).rejects.toMatchObject({ status: 401 })
  }),
]

function connect(
  { url, token, fetch }: StoryTools,
  options: { readonly sessionKey?: string; readonly backendModel?: string },
): { readonly openai: OpenAI; readonly model: (agentId?: string) => string } {
  const { model, ...endpoint } = openAiEndpoint({ url, token, ...options })
  return { openai: new OpenAI({ ...endpoint, fetch }), model }
}
