import type { JsonValue, SessionMessage } from '@pincer/protocol'

/** Gathers what one step of the loop adds to the session: the assistant's message, and the answers to its calls. */
export interface StepMessages {
  text(delta: string): void
  call(toolCallId: string, name: string, input: JsonValue): void
  answer(toolCallId: string, output: JsonValue): void
  /** Calls that have no answer yet. */
  unanswered(): readonly { readonly toolCallId: string; readonly name: string; readonly input: JsonValue }[]
  /** Gives the messages away and begins anew. */
  take(): readonly SessionMessage[]
}

/** Makes the gathering for one run. */
export function createStepMessages(runId: string, now: () => number): StepMessages {
  let text = ''
  let calls: { readonly toolCallId: string; readonly name: string; readonly input: JsonValue }[] = []
  let answers = new Map<string, JsonValue>()
  return {
    text: (delta) => {
      text += delta
    },
    call: (toolCallId, name, input) => {
      calls.push({ toolCallId, name, input })
    },
    answer: (toolCallId, output) => {
      answers.set(toolCallId, output)
    },
    unanswered: () => calls.filter(({ toolCallId }) => !answers.has(toolCallId)),
    take: () => {
      const ts = now()
      const messages: SessionMessage[] = []
      if (text !== '' || calls.length > 0) {
        messages.push({
          role: 'assistant',
          ...(text === '' ? {} : { text }),
          ...(calls.length === 0 ? {} : { toolCalls: calls }),
          ts,
          runId,
        })
      }
      for (const [toolCallId, output] of answers)
        messages.push({ role: 'tool', toolCallId, output, ts, runId })
      text = ''
      calls = []
      answers = new Map()
      return messages
    },
  }
}
