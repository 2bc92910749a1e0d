import { InvalidPromptError, type LanguageModelV4Message, type LanguageModelV4Prompt } from '@ai-sdk/provider'
import type { Gateway } from '@pincer/protocol'

import { isSameSession } from './session-run.ts'
import { parseMetadata } from './stream-metadata.ts'

/**
 * The messages that a session has not heard: those after its agent's last answer, and the system messages, which are told to
 * each run.
 *
 * Answers of this provider name their session. Where the conversation holds none of this session, its answers come from the
 * session if the gateway has that session, and from elsewhere (examples, another model) if not.
 *
 * @throws InvalidPromptError where nothing is new
 */
export async function newMessages(
  prompt: LanguageModelV4Prompt,
  sessionKey: string,
  gateway: Gateway,
  signal: AbortSignal | undefined,
): Promise<LanguageModelV4Prompt> {
  const last = prompt.findLastIndex(({ role }) => role === 'assistant')
  let heard = prompt.findLastIndex((message) => isOfSession(message, sessionKey))
  if (heard < 0 && last >= 0 && (await isKnown(gateway, sessionKey, signal))) heard = last
  const fresh = prompt.slice(heard + 1)
  if (heard >= 0 && fresh.every(({ role }) => role === 'system'))
    throw new InvalidPromptError({
      prompt,
      message: `the session "${sessionKey}" has heard all of this conversation; add a message after the last answer`,
    })
  return [...prompt.slice(0, heard + 1).filter(({ role }) => role === 'system'), ...fresh]
}

function isOfSession(message: LanguageModelV4Message, sessionKey: string): boolean {
  if (message.role !== 'assistant') return false
  return message.content.some(({ providerOptions }) => {
    const found = parseMetadata(providerOptions)?.sessionKey
    return found !== undefined && isSameSession(found, sessionKey)
  })
}

async function isKnown(
  { sessions }: Gateway,
  sessionKey: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (sessions === undefined) return true
  return (await sessions.get(sessionKey, signal && { signal })) !== undefined
}
