import { jsonAnswer, type Recorded, recorded, useScriptedServer } from '@pincer/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { wrapOpenAI } from '../src/index.ts'
import { clientKinds } from './clients.ts'
import { chunk, completion, events } from './wire.ts'

const messages = [{ role: 'user' as const, content: 'Say hello' }]
const spoken = {
  model: 'gpt-audio',
  messages,
  modalities: ['text', 'audio'] as ('text' | 'audio')[],
  audio: { voice: 'alloy', format: 'mp3' } as const,
}
const called = { model: 'gpt-old', messages, functions: [{ name: 'add', parameters: {} }] }
const sound = Buffer.from('not really sound').toString('base64')
const fixture = useScriptedServer('x-request-id')

describe.each(clientKinds)('chats of $name that are rare', ({ make }) => {
  let record: Recorded
  let client: ReturnType<typeof make>
  beforeEach(() => {
    record = recorded()
    client = wrapOpenAI(make(fixture.server.url), record.claw)
  })
  afterEach(() => record.done())
  const completed = async (): Promise<readonly unknown[]> =>
    (await record.of('model.call.completed')).map(({ data }) => data)

  test('sound is its transcript, never the sound', async () => {
    const audio = { id: 'audio_1', data: sound, expires_at: 1, transcript: 'Hello' }
    fixture.server.answers(
      jsonAnswer(completion('', { content: null, audio })),
      events(
        chunk({ role: 'assistant', audio: { id: 'audio_1', transcript: 'Hel' } }),
        chunk({ audio: { data: sound, transcript: 'lo' } }),
        chunk({ audio: { data: sound } }),
        chunk({}, 'stop'),
      ),
    )
    const answer = await client.chat.completions.create(spoken)
    expect(answer.choices[0]?.message.audio?.data).toBe(sound)
    for await (const part of await client.chat.completions.create({ ...spoken, stream: true })) void part
    const heard = { outcome: 'ok', output: { audio: { id: 'audio_1', transcript: 'Hello' } } }
    expect(await completed()).toMatchObject([heard, heard])
    expect(JSON.stringify(await record.events())).not.toContain(sound)
  })

  test('function calls of before there were tool calls', async () => {
    const call = { name: 'add', arguments: '{"a":1}' }
    fixture.server.answers(
      jsonAnswer(completion('', { content: null, function_call: call }, 'function_call')),
      events(
        chunk({ role: 'assistant', content: null, function_call: { name: 'add', arguments: '' } }),
        chunk({ function_call: { arguments: '{"a"' } }),
        chunk({ function_call: { arguments: ':1}' } }),
        chunk({}, 'function_call'),
      ),
    )
    await client.chat.completions.create(called)
    for await (const part of await client.chat.completions.create({ ...called, stream: true })) void part
    const told = { outcome: 'ok', finishReason: 'function_call', output: { function_call: call } }
    expect(await completed()).toMatchObject([told, told])
  })

  test('several legacy completions at once', async () => {
    const choice = (index: number, text: string, reason: string | null = 'stop'): unknown => ({
      index,
      text,
      finish_reason: reason,
    })
    const head = { id: 'cmpl-1', object: 'text_completion', model: 'gpt-old' }
    fixture.server.answers(
      jsonAnswer({ ...head, choices: [choice(0, 'A'), choice(1, 'B')] }),
      events(
        { ...head, choices: [choice(1, 'B', null)] },
        { ...head, choices: [choice(0, 'A')] },
        { ...head, choices: [choice(1, '!')] },
      ),
    )
    const body = { model: 'gpt-old', prompt: 'Tell', n: 2 }
    await client.completions.create(body)
    for await (const part of await client.completions.create({ ...body, stream: true })) void part
    expect(await completed()).toMatchObject([
      { outcome: 'ok', output: ['A', 'B'] },
      { outcome: 'ok', output: ['A', 'B!'] },
    ])
    expect((await record.of('assistant.delta')).map(({ data }) => data.delta)).toEqual(['A'])
  })
})
