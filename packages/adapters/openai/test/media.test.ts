import { jsonAnswer, type Recorded, recorded, type ScriptedAnswer, useScriptedServer } from '@pincer/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { wrapOpenAI } from '../src/index.ts'
import { clientKinds } from './clients.ts'
import { events } from './wire.ts'

const fixture = useScriptedServer('x-request-id')
const sound = (): File => new File([new Uint8Array([1, 2, 3])], 'hello.wav', { type: 'audio/wav' })
const picture = (): File => new File([new Uint8Array([1, 2, 3])], 'cat.png', { type: 'image/png' })
const pixels = Buffer.from('not really pixels').toString('base64')

describe.each(clientKinds)('other models of $name', ({ make, azure }) => {
  let record: Recorded
  let client: ReturnType<typeof make>
  beforeEach(() => {
    record = recorded()
    client = wrapOpenAI(make(fixture.server.url), record.claw)
  })
  afterEach(() => record.done())

  async function report(): Promise<{ started: unknown; completed: unknown; usage: unknown }> {
    const [started, completed, usage] = await Promise.all([
      record.of('model.call.started'),
      record.of('model.call.completed'),
      record.of('usage.reported'),
    ])
    expect(started).toHaveLength(1)
    expect(completed).toHaveLength(1)
    return { started: started[0]?.data, completed: completed[0]?.data, usage: usage[0]?.data }
  }

  test('embeddings: count and dimensions, never the vectors', async () => {
    const embedding = Buffer.from(new Float32Array([0.5, 0.25, 0.125]).buffer).toString('base64')
    fixture.server.answer(
      jsonAnswer({
        object: 'list',
        model: 'emb-1',
        data: [{ object: 'embedding', index: 0, embedding }],
        usage: { prompt_tokens: 7, total_tokens: 7 },
      }),
    )
    const answer = await client.embeddings.create({ model: 'emb', input: ['one'], dimensions: 3 })
    expect(answer.data[0]?.embedding).toEqual([0.5, 0.25, 0.125])
    const { started, completed, usage } = await report()
    expect(started).toMatchObject({ operation: 'embedding', input: ['one'], parameters: { dimensions: 3 } })
    expect(completed).toMatchObject({ outcome: 'ok', output: { count: 1, dimensions: 3 } })
    expect(usage).toMatchObject({ inputTokens: 7, outputTokens: 0, totalTokens: 7, model: 'emb-1' })
  })

  const imageUsage = {
    input_tokens: 30,
    input_tokens_details: { image_tokens: 20, text_tokens: 10 },
    output_tokens: 40,
    total_tokens: 70,
  }

  test.each(['generate', 'edit', 'createVariation'] as const)(
    'images.%s: sizes, never the pixels',
    async (method) => {
      fixture.server.answer(
        jsonAnswer({ created: 1, data: [{ b64_json: pixels, revised_prompt: 'a cat' }], usage: imageUsage }),
      )
      const { images } = client
      const answer = await (method === 'generate'
        ? images.generate({ model: 'gpt-image', prompt: 'a cat' })
        : method === 'edit'
          ? images.edit({ model: 'gpt-image', prompt: 'a cat', image: picture() })
          : images.createVariation({ model: 'dall-e-2', image: picture() }))
      expect(answer.data?.[0]?.b64_json).toBe(pixels)
      const { started, completed, usage } = await report()
      expect(started).toMatchObject({ operation: 'image' })
      if (method !== 'createVariation') expect(started).toMatchObject({ input: 'a cat' })
      expect(completed).toMatchObject({
        outcome: 'ok',
        output: [{ revised_prompt: 'a cat', bytes: expect.any(Number) as number }],
      })
      expect(JSON.stringify(completed)).not.toContain(pixels)
      expect(usage).toMatchObject({
        inputTokens: 30,
        outputTokens: 40,
        totalTokens: 70,
        details: { imageInputTokens: 20, textInputTokens: 10 },
      })
    },
  )

  test('a stream of images', async () => {
    fixture.server.answer(
      events(
        { type: 'image_generation.partial_image', b64_json: pixels, partial_image_index: 0 },
        { type: 'image_generation.completed', b64_json: pixels, usage: imageUsage },
      ),
    )
    const types: string[] = []
    for await (const event of await client.images.generate({
      model: 'gpt-image',
      prompt: 'a cat',
      stream: true,
    }))
      types.push(event.type)
    expect(types).toHaveLength(2)
    const { completed, usage } = await report()
    expect(completed).toMatchObject({ outcome: 'ok', output: [{ bytes: expect.any(Number) as number }] })
    expect(usage).toMatchObject({ totalTokens: 70 })
  })

  test('a transcription billed by tokens', async () => {
    const usage = {
      type: 'tokens',
      input_tokens: 14,
      input_token_details: { audio_tokens: 14, text_tokens: 0 },
      output_tokens: 5,
      total_tokens: 19,
    }
    fixture.server.answer(jsonAnswer({ text: 'Hello there', usage }))
    const answer = await client.audio.transcriptions.create({ model: 'gpt-transcribe', file: sound() })
    expect(answer.text).toBe('Hello there')
    const told = await report()
    expect(told.started).toMatchObject({ operation: 'transcription', input: { file: 'hello.wav' } })
    expect(told.completed).toMatchObject({ outcome: 'ok', output: 'Hello there' })
    expect(told.usage).toMatchObject({
      inputTokens: 14,
      outputTokens: 5,
      totalTokens: 19,
      details: { audioInputTokens: 14 },
    })
  })

  test.each<[string, unknown]>([
    ['usage', { text: 'Hello', usage: { type: 'duration', seconds: 9 } }],
    ['the length of the audio', { text: 'Hello', duration: 9 }],
    ['the length of the audio as text', { text: 'Hello', duration: '9' }],
  ])('a transcription billed by time, told as %s', async (_name, body) => {
    fixture.server.answer(jsonAnswer(body))
    await client.audio.transcriptions.create({
      model: 'whisper-1',
      file: sound(),
      response_format: 'verbose_json',
    })
    expect((await report()).usage).toMatchObject({
      inputTokens: 0,
      totalTokens: 0,
      details: { audioSeconds: 9 },
    })
  })

  test('a transcription as plain text, and a translation', async () => {
    const plain: ScriptedAnswer = (_request, response) =>
      void response.writeHead(200, { 'content-type': 'text/plain' }).end('Hello')
    fixture.server.answers(plain, jsonAnswer({ text: 'Good day' }))
    expect(
      await client.audio.transcriptions.create({
        model: 'whisper-1',
        file: sound(),
        response_format: 'text',
      }),
    ).toBe('Hello')
    expect((await client.audio.translations.create({ model: 'whisper-1', file: sound() })).text).toBe(
      'Good day',
    )
    expect((await record.of('model.call.completed')).map(({ data }) => data.output)).toEqual([
      'Hello',
      'Good day',
    ])
    expect((await record.of('model.call.started')).map(({ data }) => data.operation)).toEqual([
      'transcription',
      'translation',
    ])
  })

  test('a stream of a transcription', async () => {
    fixture.server.answer(
      events(
        { type: 'transcript.text.delta', delta: 'Hel' },
        { type: 'transcript.text.delta', delta: 'lo' },
        {
          type: 'transcript.text.done',
          text: 'Hello',
          usage: { type: 'tokens', input_tokens: 14, output_tokens: 5, total_tokens: 19 },
        },
      ),
    )
    let text = ''
    for await (const event of await client.audio.transcriptions.create({
      model: 'gpt-transcribe',
      file: sound(),
      stream: true,
    })) {
      if (event.type === 'transcript.text.delta') text += event.delta
    }
    expect(text).toBe('Hello')
    const { completed, usage } = await report()
    expect(completed).toMatchObject({ outcome: 'ok', output: 'Hello' })
    expect(usage).toMatchObject({ totalTokens: 19 })
  })

  const audio: ScriptedAnswer = (_request, response) =>
    void response
      .writeHead(200, { 'content-type': 'audio/mpeg', 'x-request-id': 'req_test' })
      .end(Buffer.alloc(1000, 7))

  test('speech: the kind of audio and its size, when it has been read', async () => {
    fixture.server.answer(audio)
    const answer = await client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Hello' })
    expect(await record.of('model.call.completed')).toEqual([])
    expect((await answer.arrayBuffer()).byteLength).toBe(1000)
    const { started, completed } = await report()
    expect(started).toMatchObject({ operation: 'speech', input: 'Hello', parameters: { voice: 'alloy' } })
    expect(completed).toMatchObject({
      outcome: 'ok',
      output: { mediaType: 'audio/mpeg', bytes: 1000 },
      requestId: 'req_test',
    })
  })

  test('speech through withResponse is one body in one object', async () => {
    fixture.server.answer(audio)
    const promise = client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Hello' })
    const { data, response, request_id: requestId } = await promise.withResponse()
    expect(data).toBe(response)
    expect(requestId).toBe('req_test')
    expect((await response.blob()).size).toBe(1000)
    expect((await report()).completed).toMatchObject({ output: { bytes: 1000 } })
  })

  test('moderation: what was flagged', async () => {
    fixture.server.answer(
      jsonAnswer({
        id: 'modr-1',
        model: 'omni',
        results: [
          { flagged: true, categories: { violence: true, hate: false }, category_scores: { violence: 0.9 } },
        ],
      }),
    )
    await client.moderations.create({ input: 'I will hit you' })
    const { started, completed, usage } = await report()
    expect(started).toMatchObject({
      operation: 'moderation',
      model: azure ? 'gpt-test' : 'default',
      input: 'I will hit you',
    })
    expect(completed).toMatchObject({ outcome: 'ok', output: [{ flagged: true, categories: ['violence'] }] })
    expect(usage).toBeUndefined()
  })

  test('a legacy completion', async () => {
    fixture.server.answer(
      jsonAnswer({
        id: 'cmpl-1',
        object: 'text_completion',
        model: 'gpt-old',
        choices: [{ index: 0, text: ' upon a time', finish_reason: 'stop' }],
        usage: { prompt_tokens: 1, completion_tokens: 3, total_tokens: 4 },
      }),
    )
    await client.completions.create({ model: 'gpt-old', prompt: 'Once' })
    const { started, completed, usage } = await report()
    expect(started).toMatchObject({ operation: 'completion', input: 'Once' })
    expect(completed).toMatchObject({ outcome: 'ok', output: ' upon a time', finishReason: 'stop' })
    expect(usage).toMatchObject({ totalTokens: 4 })
  })

  test('an empty answer is an answer', async () => {
    fixture.server.answer((_request, response) => void response.writeHead(204).end())
    await client.moderations.create({ input: 'x' })
    expect((await report()).completed).toMatchObject({ outcome: 'ok' })
  })

  test('an answer that is not the JSON it claims to be fails the call', async () => {
    fixture.server.answer(
      (_request, response) =>
        void response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":'),
    )
    await expect(client.moderations.create({ input: 'x' })).rejects.toThrow()
    expect(await record.of('model.call.failed')).toHaveLength(1)
  })
})
