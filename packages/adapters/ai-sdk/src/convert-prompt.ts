import type {
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4ToolCallPart,
  LanguageModelV4ToolResultPart,
} from '@ai-sdk/provider'
import type { JsonValue, SessionMessage } from '@pincer/protocol'

import { fileText } from './convert-prompt-file.ts'
import { convertOutput } from './convert-prompt-output.ts'

type ToolCall = NonNullable<SessionMessage['toolCalls']>[number]
type AssistantMessage = Extract<LanguageModelV4Message, { role: 'assistant' }>

/**
 * Turns messages of the AI SDK into those of a session.
 *
 * Of answers, words and tool calls are told; calls of the agent's own tools only with their results. What an agent thought, and the
 * files and sources that it gave, are not told to it again; messages that say nothing are left out.
 *
 * @param all the whole prompt, where `messages` is a part of it
 * @throws UnsupportedFunctionalityError for files that are no text
 */
export function convertPrompt(
  messages: LanguageModelV4Prompt,
  gateway: string,
  all: LanguageModelV4Prompt = messages,
): SessionMessage[] {
  const { own, results } = findOwnCalls(all)
  const told = new Set<string>()

  return messages.flatMap((message): SessionMessage[] => {
    switch (message.role) {
      case 'system':
        return message.content === '' ? [] : [{ role: 'system', text: message.content }]
      case 'user':
        return convertUser(message.content, gateway)
      case 'assistant':
        return convertAssistant(message)
      case 'tool':
        return message.content.flatMap((part) =>
          part.type === 'tool-result' && !own.has(part.toolCallId) ? [answer(part)] : [],
        )
    }
  })

  function answer({ toolCallId, output }: LanguageModelV4ToolResultPart): SessionMessage {
    return { role: 'tool', toolCallId, output: convertOutput(output, gateway) }
  }

  function convertAssistant({ content }: AssistantMessage): SessionMessage[] {
    const converted: SessionMessage[] = []
    let text = ''
    let calls: ToolCall[] = []
    let answers: SessionMessage[] = []
    const next = (): void => {
      if (text !== '' || calls.length > 0)
        converted.push({
          role: 'assistant',
          ...(text !== '' && { text }),
          ...(calls.length > 0 && { toolCalls: calls }),
        })
      converted.push(...answers)
      text = ''
      calls = []
      answers = []
    }
    for (const part of content) {
      if (part.type === 'text') {
        // What is said after a result is another message.
        if (answers.length > 0) next()
        text += part.text
      } else if (part.type === 'tool-call') {
        const result = results.get(part.toolCallId)
        if (part.providerExecuted !== true) calls.push(convertCall(part))
        else if (result !== undefined && !told.has(part.toolCallId)) {
          told.add(part.toolCallId)
          calls.push(convertCall(part))
          answers.push(answer(result))
        }
      }
    }
    next()
    return converted
  }
}

function convertUser(
  content: Extract<LanguageModelV4Message, { role: 'user' }>['content'],
  gateway: string,
): SessionMessage[] {
  const texts = content.map((part) =>
    part.type === 'text' ? part.text : fileText(part, 'a user message', gateway),
  )
  const text = texts.filter((found) => found !== '').join('\n\n')
  return text === '' ? [] : [{ role: 'user', text }]
}

function convertCall({ toolCallId, toolName: name, input }: LanguageModelV4ToolCallPart): ToolCall {
  // Arguments that were no JSON are there as they were written.
  return { toolCallId, name, input: (input ?? {}) as JsonValue }
}

/** The calls of the agent's own tools, and the last result of each. */
function findOwnCalls(prompt: LanguageModelV4Prompt): {
  readonly own: ReadonlySet<string>
  readonly results: ReadonlyMap<string, LanguageModelV4ToolResultPart>
} {
  const own = new Set<string>()
  const results = new Map<string, LanguageModelV4ToolResultPart>()
  for (const { role, content } of prompt) {
    if (role !== 'assistant' && role !== 'tool') continue
    for (const part of content) {
      if (part.type === 'tool-call' && part.providerExecuted === true) own.add(part.toolCallId)
      if (part.type === 'tool-result') results.set(part.toolCallId, part)
    }
  }
  return { own, results }
}
