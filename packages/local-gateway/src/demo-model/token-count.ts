import type { Prompt, PromptMessage } from './prompt.ts'

/** Token counts of one answer, before they take the shape of an API; the details are parts of the totals. */
export interface TokenCount {
  readonly input: number
  /** Part of `input`: what the request before this one already sent. */
  readonly cached: number
  readonly output: number
  /** Part of `output`. */
  readonly reasoning: number
}

/** Characters per token: the whole tokenizer. */
export const charactersPerToken = 4

const tokensPerMessage = 4

/** Counts the tokens of a text: a token for every four characters begun. */
export function countTokens(text: string): number {
  return Math.ceil(text.length / charactersPerToken)
}

/** Counts the input of a prompt: its messages, four tokens more for each of them, and the JSON of its tools. */
export function countInput(prompt: Prompt): { input: number; cached: number } {
  const tools = prompt.tools.reduce((sum, tool) => sum + countTokens(JSON.stringify(tool)), 0)
  const answeredAt = prompt.messages.findLastIndex((message) => message.role === 'assistant')
  const known = prompt.messages.slice(0, Math.max(answeredAt, 0))
  return {
    input: tools + countMessages(prompt.messages),
    cached: known.length === 0 ? 0 : tools + countMessages(known),
  }
}

function countMessages(messages: readonly PromptMessage[]): number {
  return messages.reduce((sum, message) => sum + tokensPerMessage + countTokens(messageText(message)), 0)
}

function messageText(message: PromptMessage): string {
  return message.text + (message.toolCalls ?? []).map((call) => call.name + call.arguments).join('')
}
