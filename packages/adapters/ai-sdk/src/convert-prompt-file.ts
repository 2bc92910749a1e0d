import { type LanguageModelV4FilePart, UnsupportedFunctionalityError } from '@ai-sdk/provider'
import { convertBase64ToUint8Array } from '@ai-sdk/provider-utils'

/** A file in a prompt, or in the result of a tool. */
export type PromptFile = Pick<LanguageModelV4FilePart, 'data' | 'mediaType' | 'filename'>

const textTypes = /^(?:text\/.+|text|application\/(?:json|xml|yaml|x-yaml|.+\+json|.+\+xml))$/

/**
 * What a file of text says, under its name.
 *
 * @throws UnsupportedFunctionalityError for any other file, because runs of agents are told text only
 */
export function fileText({ data, mediaType, filename }: PromptFile, where: string, gateway: string): string {
  const text =
    data.type === 'text'
      ? data.text
      : data.type === 'data' && textTypes.test(mediaType)
        ? decode(data.data)
        : undefined
  if (text !== undefined) return filename === undefined ? text : `${filename}:\n${text}`
  throw new UnsupportedFunctionalityError({
    functionality: `a file of type ${mediaType.slice(0, 60)} in ${where}`,
    message: `agents of the gateway "${gateway}" are told text only, found a file of type "${mediaType.slice(0, 60)}" in ${where}; say in words what it shows, or give the agent a tool that reads it`,
  })
}

function decode(data: Uint8Array | string): string {
  return new TextDecoder().decode(typeof data === 'string' ? convertBase64ToUint8Array(data) : data)
}
