import type { ModelCall } from '@pincer/core'
import { type AdapterStory, describeAdapter } from '../src/index.ts'

interface Told {
  readonly text?: string
  readonly thrown?: unknown
}

// The smallest adapter there is: a "framework" of one function, reported by hand. The suite itself is under test here.
describeAdapter('by hand', {
  async run(claw, story) {
    const call = claw.startModelCall({ provider: 'demo', model: 'demo', input: story.input })
    try {
      const text = await answer(story)
      call.end({ output: text, usage: usage(story.input, text) })
      return { text }
    } catch (thrown) {
      return end(call, thrown)
    }
  },
})

function end(call: ModelCall, thrown: unknown): Told {
  if (thrown instanceof DOMException && thrown.name === 'AbortError') call.cancel('aborted')
  else call.fail(thrown)
  return { thrown }
}

async function answer({ outcome, input }: AdapterStory): Promise<string> {
  if (outcome === 'error') throw new Error('the model is broken on purpose')
  if (outcome === 'cancelled') throw new DOMException('aborted', 'AbortError')
  return `hello, in ${input.length} characters`
}

function usage(input: string, output: string): NonNullable<Parameters<ModelCall['end']>[0]>['usage'] {
  const inputTokens = input.length
  const outputTokens = output.length
  const details = { cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 }
  return {
    provider: 'demo',
    model: 'demo',
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    ...details,
  }
}
