import type { Claw } from '@pincer/core'
import { type AdapterSubject, describeAdapter } from '@pincer/testing'
import { generateText, type LanguageModel, streamText, type TelemetryOptions, ToolLoopAgent } from 'ai'

import { pincerTelemetry } from '../src/index.ts'
import { hang, say, ScriptedModel } from './telemetry-model.ts'

interface Request {
  readonly model: LanguageModel
  readonly prompt: string
  readonly telemetry: TelemetryOptions
  readonly abortSignal: AbortSignal
}

const uses: Readonly<Record<string, (request: Request) => Promise<string>>> = {
  generateText: async (request) => (await generateText(request)).text,
  streamText: async (request) => {
    let text = ''
    for await (const part of streamText({ ...request, onError() {} }).stream) {
      if (part.type === 'text-delta') text += part.text
      if (part.type === 'error') throw part.error
      if (part.type === 'abort') throw request.abortSignal.reason
    }
    return text
  },
  'an agent': async ({ model, telemetry, ...request }) =>
    (await new ToolLoopAgent({ model, telemetry }).generate(request)).text,
  'an agent, streamed': async ({ model, telemetry, ...request }) =>
    (await new ToolLoopAgent({ model, telemetry }).stream(request)).text,
}

function subjectOf(use: (request: Request) => Promise<string>): AdapterSubject {
  return {
    async run(claw: Claw, { outcome, input }) {
      const abort = new AbortController()
      const turns = { ok: say('Hello there!'), error: new RangeError('on purpose'), cancelled: hang }
      if (outcome === 'cancelled') setImmediate(() => abort.abort())
      const request = {
        model: new ScriptedModel([turns[outcome]]),
        prompt: input,
        telemetry: { integrations: [pincerTelemetry(claw)] },
        abortSignal: abort.signal,
      }
      return use(request).then(
        (text) => ({ text }),
        (thrown: unknown) => ({ thrown }),
      )
    },
  }
}

for (const [name, use] of Object.entries(uses)) describeAdapter(`ai-sdk, ${name}`, subjectOf(use))
