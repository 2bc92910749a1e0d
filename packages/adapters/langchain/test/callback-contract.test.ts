import { ChatPromptTemplate } from '@langchain/core/prompts'
import type { Claw } from '@pincer/core'
import { type AdapterSubject, describeAdapter } from '@pincer/testing'
import { createAgent } from 'langchain'

import { PincerCallbackHandler } from '../src/index.ts'
import { say, ScriptedModel } from './scripted-model.ts'

type Use = (model: ScriptedModel, input: string, config: Config) => Promise<string>

interface Config {
  readonly callbacks: PincerCallbackHandler[]
  readonly signal: AbortSignal
}

const uses: Readonly<Record<string, Use>> = {
  'a model': async (model, input, config) => (await model.invoke(input, config)).text,
  'a model, streamed': async (model, input, config) => {
    let text = ''
    for await (const piece of await model.stream(input, config)) text += piece.text
    return text
  },
  'a chain': async (model, input, config) =>
    (await ChatPromptTemplate.fromTemplate('{input}').pipe(model).invoke({ input }, config)).text,
  'an agent': async (model, input, config) => {
    const messages = [{ role: 'user' as const, content: input }]
    return (await createAgent({ model, tools: [] }).invoke({ messages }, config)).messages.at(-1)?.text ?? ''
  },
  'an agent, streamed': async (model, input, config) => {
    const messages = [{ role: 'user' as const, content: input }]
    let text = ''
    const stream = await createAgent({ model, tools: [] }).stream(
      { messages },
      { ...config, streamMode: 'messages' },
    )
    for await (const [piece] of stream) text += piece.text
    return text
  },
}

function subjectOf(use: Use): AdapterSubject {
  return {
    async run(claw: Claw, { outcome, input }) {
      const abort = new AbortController()
      const model = new ScriptedModel([
        (signal) => {
          if (outcome === 'error') throw new RangeError('on purpose')
          if (outcome === 'ok') return Promise.resolve(say('Hello there!'))
          setImmediate(() => abort.abort())
          return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
        },
      ])
      const config = { callbacks: [new PincerCallbackHandler(claw)], signal: abort.signal }
      return use(model, input, config).then(
        (text) => ({ text }),
        (thrown: unknown) => ({ thrown }),
      )
    },
  }
}

for (const [name, use] of Object.entries(uses)) describeAdapter(`langchain, ${name}`, subjectOf(use))
