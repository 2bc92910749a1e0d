import type { JsonObject } from '@pincer/protocol'

/** A tool call inside a conversation; `arguments` is JSON text, as on the wire. */
interface PromptToolCall {
  readonly id: string
  readonly name: string
  readonly arguments: string
}

/** One message, whichever API it came through. */
export interface PromptMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly text: string
  readonly toolCalls?: readonly PromptToolCall[]
  /** The call that a tool message answers. */
  readonly toolCallId?: string
}

/** A function tool that the caller offers. */
export interface OfferedTool {
  readonly name: string
  readonly description: string
  /** JSON Schema of the arguments. */
  readonly parameters: JsonObject
}

/** Everything the demo model looks at, read from a chat, responses or completions request. */
export interface Prompt {
  readonly model: string
  readonly messages: readonly PromptMessage[]
  readonly tools: readonly OfferedTool[]
  readonly toolChoice: 'auto' | 'none' | 'required' | { readonly name: string }
  readonly parallelToolCalls: boolean
  /** Most output tokens, reasoning included. */
  readonly maxTokens?: number
  /** JSON Schema the answer must follow; an empty one for any JSON object. */
  readonly schema?: JsonObject
}

/** Where the conversation stands: the last words of the user and what happened since. */
export interface Turn {
  readonly userText: string
  /** How many times the assistant called tools since the user spoke. */
  readonly step: number
  /** What the tools of the last step answered. */
  readonly results: readonly { readonly name: string; readonly text: string }[]
}

/** Finds the last user message and the tool steps after it. */
export function readTurn(messages: readonly PromptMessage[]): Turn {
  const start = messages.findLastIndex((message) => message.role === 'user')
  const since = messages.slice(start + 1)
  const steps = since.filter((message) => (message.toolCalls?.length ?? 0) > 0)
  const lastCalls = steps.at(-1)?.toolCalls ?? []
  const results = since
    .filter((message) => message.role === 'tool')
    .flatMap((message) => {
      const call = lastCalls.find((candidate) => candidate.id === message.toolCallId)
      return call === undefined ? [] : [{ name: call.name, text: message.text }]
    })
  return { userText: messages[start]?.text ?? '', step: steps.length, results }
}
