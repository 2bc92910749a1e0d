import { type AdapterSubject, describeAdapter } from '@pincer/testing'

import { wrapOpenAI } from '../src/index.ts'
import { type ClientKind, clientKinds } from './clients.ts'
import { useServer } from './fixture.ts'
import { until } from './recorded.ts'
import { json } from './scripted-server.ts'
import { chatStream, completion } from './wire.ts'

const fixture = useServer()

function subjectOf({ make }: ClientKind, stream: boolean): AdapterSubject {
  return {
    async run(claw, { outcome, input }) {
      const { server } = fixture
      server.reset()
      // What is cancelled is a request that the model has not answered.
      if (outcome === 'ok') server.answer(stream ? chatStream(['Hel', 'lo!']) : json(completion('Hello!')))
      else if (outcome === 'error') server.answer(json({ error: { message: 'on purpose' } }, 500))
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

for (const kind of clientKinds) {
  describeAdapter(kind.name, subjectOf(kind, false))
  describeAdapter(`${kind.name}, streamed`, subjectOf(kind, true))
}
