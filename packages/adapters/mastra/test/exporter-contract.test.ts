import { type AdapterSubject, describeAdapter } from '@pincer/testing'

import { watch } from './exporter-fixture.ts'
import { hang } from './exporter-model.ts'

type Use = (watched: ReturnType<typeof watch>, input: string, abortSignal: AbortSignal) => Promise<string>

const uses: Readonly<Record<string, Use>> = {
  generate: async ({ agent }, input, abortSignal) => {
    const { text, error } = await agent.generate(input, { abortSignal })
    if (error !== undefined) throw error
    abortSignal.throwIfAborted()
    return text
  },
  stream: async ({ agent }, input, abortSignal) => {
    let text = ''
    for await (const chunk of (await agent.stream(input, { abortSignal })).fullStream) {
      if (chunk.type === 'text-delta') text += chunk.payload.text
      if (chunk.type === 'error') throw chunk.payload.error
      if (chunk.type === 'abort') throw abortSignal.reason
    }
    return text
  },
}

function subjectOf(use: Use, bridge: boolean): AdapterSubject {
  return {
    async run(claw, { outcome, input }) {
      const abort = new AbortController()
      const turns = { ok: 'Hello there!', error: new RangeError('on purpose'), cancelled: hang }
      if (outcome === 'cancelled') setTimeout(() => abort.abort(), 20)
      const watched = watch([turns[outcome]], { claw, bridge })
      return use(watched, input, abort.signal).then(
        (text) => ({ text }),
        (thrown: unknown) => ({ thrown }),
      )
    },
  }
}

for (const [name, use] of Object.entries(uses)) {
  describeAdapter(`mastra, ${name}`, subjectOf(use, true))
  describeAdapter(`mastra, ${name}, without the bridge`, subjectOf(use, false))
}
