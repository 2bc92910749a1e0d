import type { Anthropic } from '@anthropic-ai/sdk'
import {
  type AdapterSubject,
  type ClientSubject,
  describeAdapter,
  describeClient,
  jsonAnswer,
  until,
  useScriptedServer,
} from '@pincer/testing'

import { wrapAnthropic } from '../src/index.ts'
import { type ClientKind, clientKinds } from './clients.ts'
import {
  events,
  failure,
  message,
  messageStart,
  openStream,
  textBlock,
  textStream,
  usageConverted,
} from './wire.ts'

const fixture = useScriptedServer('request-id')

function body(content: string) {
  return { model: 'claude-test', max_tokens: 100, messages: [{ role: 'user' as const, content }] }
}

function textOf(answer: unknown): string {
  const [block] = (answer as Anthropic.Message).content
  return block?.type === 'text' ? block.text : ''
}

function pieceOf(event: unknown): string {
  const { type, delta } = event as Anthropic.RawContentBlockDeltaEvent
  return type === 'content_block_delta' && delta.type === 'text_delta' ? delta.text : ''
}

function adapterSubject({ make }: ClientKind, stream: boolean): AdapterSubject {
  return {
    async run(claw, { outcome, input }) {
      const { server } = fixture
      server.reset()
      // What is cancelled is a request that the model has not answered.
      if (outcome === 'ok') server.answer(stream ? textStream(['Hel', 'lo!']) : jsonAnswer(message('Hello!')))
      else if (outcome === 'error') server.answer(failure(500, 'api_error', 'on purpose'))
      else server.answer(() => {})
      const abort = new AbortController()
      const options = { signal: abort.signal }
      const { messages } = wrapAnthropic(make(server.url), claw)
      const call = async (): Promise<string> => {
        if (!stream) return textOf(await messages.create(body(input), options))
        let text = ''
        for await (const event of await messages.create({ ...body(input), stream: true }, options))
          text += pieceOf(event)
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

function clientSubject(
  { make }: ClientKind,
  place: (client: Anthropic) => Anthropic['messages'],
): ClientSubject<Anthropic> {
  return {
    requestIdHeader: 'request-id',
    make,
    wrap: wrapAnthropic,
    derive: (client) => client.withOptions({ timeout: 60_000 }),
    call: (client, options) => place(client).create(body('Say hello'), options),
    stream: (client, options) => place(client).create({ ...body('Say hello'), stream: true }, options),
    textOf,
    pieceOf,
    wire: {
      answer: (text) => jsonAnswer(message(text)),
      stream: (pieces) => textStream(pieces),
      open: openStream,
      cut: events(messageStart(), ...textBlock(['Once'])),
      failure: (status) => failure(status, 'some_error', 'on purpose', { 'retry-after-ms': '1' }),
      usage: usageConverted,
    },
  }
}

for (const kind of clientKinds) {
  describeAdapter(kind.name, adapterSubject(kind, false))
  describeAdapter(`${kind.name}, streamed`, adapterSubject(kind, true))
  describeClient(
    kind.name,
    clientSubject(kind, (client) => client.messages),
  )
  describeClient(
    `${kind.name}, beta`,
    clientSubject(kind, (client) => client.beta.messages as unknown as Anthropic['messages']),
  )
}
