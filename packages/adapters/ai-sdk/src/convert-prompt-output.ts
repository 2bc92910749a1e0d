import {
  type JSONValue,
  type LanguageModelV4ToolResultOutput,
  UnsupportedFunctionalityError,
} from '@ai-sdk/provider'
import type { JsonValue } from '@pincer/protocol'

import { fileText, type PromptFile } from './convert-prompt-file.ts'

/**
 * What a tool gave, in the words that the gateway's own loop tells it in.
 *
 * @throws UnsupportedFunctionalityError for content that is no text
 */
export function convertOutput(output: LanguageModelV4ToolResultOutput, gateway: string): JsonValue {
  switch (output.type) {
    case 'text':
      return output.value
    case 'json':
      return toJson(output.value)
    case 'error-text':
    case 'error-json':
      return { error: toJson(output.value) }
    case 'execution-denied': {
      const { reason = '' } = output
      return { error: `the call was denied and did not happen${reason === '' ? '' : `: ${reason}`}` }
    }
    case 'content':
      return output.value.map((part) => contentText(part, gateway)).join('\n\n')
  }
}

type ContentPart = Extract<LanguageModelV4ToolResultOutput, { type: 'content' }>['value'][number]

function contentText(part: ContentPart, gateway: string): string {
  if (part.type === 'text') return part.text
  const file: PromptFile | undefined = part.type === 'file' ? part : undefined
  if (file !== undefined) return fileText(file, 'a tool result', gateway)
  throw new UnsupportedFunctionalityError({
    functionality: 'custom content in a tool result',
    message: `agents of the gateway "${gateway}" are told the results of tools as text or JSON; give them so`,
  })
}

// Values of JSON may hold what JSON leaves out.
function toJson(value: JSONValue): JsonValue {
  const text: string | undefined = JSON.stringify(value)
  return text === undefined ? null : JSON.parse(text)
}
