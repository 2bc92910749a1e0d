import {
  type AdapterSubject,
  type ClientSubject,
  describeAdapter,
  describeClient,
  jsonAnswer,
  sendEvent,
  startEvents,
  until,
  useScriptedServer,
} from '@pincer/testing'
import type { OpenAI } from 'openai'

import { wrapOpenAI } from '../src/index.ts'
import { type ClientKind, clientKinds } from './clients.ts'
import { chatStream, chatUsageConverted, chunk, completion, events } from './wire.ts'

const fixture = useScriptedServer('x-request-id')

function subjectOf({ make }: ClientKind, stream: boolean): AdapterSubject {
  return {
    async run(claw, { outcome, input }) {
      const { server } = fixture
      server.reset()
      // What is cancelled is a request that the model has not answered.
      if (outcome === 'ok')
        server.answer(stream ? chatStream(['Hel', 'lo!']) : jsonAnswer(completion('Hello!')))
      else if (outcome === 'error') server.answer(jsonAnswer({ error: { message: 'on purpose' } }, 500))
      else server.answer(() => {})
      const abort = new AbortController()
      const { completions } = wrapOpenAI(make(server.url), claw).chat
      const body = { model: 'gpt-test', messages: [{ role: 'user' as const, content: input }] }
      const call = async (): Promise<string> => {
        if (!stream) {
          const answer = await completions.create(body, { signal: abort.signal })
          return answer.choices[0]?.message.content ?? ''
        }
        let text = ''
        for await (const part of await completions.create(
          { ...body, stream: true },
          { signal: abort.signal },
        ))
          text += part.choices[0]?.delta.content ?? ''
        return text
      }
      const answered = call().then(
        (text) => ({ text }),
        (thrown: unknown) => ({ thrown }),
      )
      if (outcome === 'cancelled') {
        await until(() => server.requests.length === 1)
        abort.abort()
      }
      return answered
    },
  }
}

function clientSubject({ make }: ClientKind): ClientSubject<OpenAI> {
  const body = { model: 'gpt-test', messages: [{ role: 'user' as const, content: 'Say hello' }] }
  return {
    requestIdHeader: 'x-request-id',
    make,
    wrap: wrapOpenAI,
    derive: (client) => client.withOptions({ timeout: 60_000 }),
    call: (client, options) => client.chat.completions.create(body, options),
    stream: (client, options) => client.chat.completions.create({ ...body, stream: true }, options),
    textOf: (answer) => (answer as OpenAI.ChatCompletion).choices[0]?.message.content ?? '',
    pieceOf: (event) => (event as OpenAI.ChatCompletionChunk).choices[0]?.delta.content ?? '',
    wire: {
      answer: (text) => jsonAnswer(completion(text)),
      stream: (pieces) => chatStream(pieces),
      open(_request, response) {
        startEvents(response)
        sendEvent(response, chunk({ role: 'assistant', content: 'Once' }))
      },
      cut: events(chunk({ content: 'Once' })),
      failure: (status) =>
        jsonAnswer({ error: { message: 'on purpose' } }, status, { 'retry-after-ms': '1' }),
      usage: chatUsageConverted,
    },
  }
}

for (const kind of clientKinds) {
  describeClient(kind.name, clientSubject(kind))
  describeAdapter(kind.name, subjectOf(kind, false))
  describeAdapter(`${kind.name}, streamed`, subjectOf(kind, true))
}
