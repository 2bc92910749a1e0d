import type { RunnableConfig } from '@langchain/core/runnables'
import { AIMessage, type BaseMessage } from '@langchain/core/messages'
import { type Gateway, PincerError } from '@pincer/protocol'

/** The conversation that a call of LangChain belongs to, where it says so. */
export function threadOf({ configurable, metadata }: RunnableConfig): string | undefined {
  const threadId: unknown = configurable?.['thread_id'] ?? metadata?.['thread_id']
  if (typeof threadId === 'number') return String(threadId)
  return typeof threadId === 'string' && threadId !== '' ? threadId : undefined
}

/**
 * The messages that a session has not heard: those after its agent's last answer, and the system messages, which are told to
 * each run.
 *
 * Answers of a `ChatClaw` name their session. Where the conversation holds none of this session, its answers come from the
 * session if the gateway has that session, and from elsewhere (examples, another model) if not.
 *
 * @throws PincerError with code `invalid_option` where nothing is new
 */
export async function newMessages(
  messages: readonly BaseMessage[],
  sessionKey: string,
  gateway: Gateway,
  signal: AbortSignal | undefined,
): Promise<readonly BaseMessage[]> {
  const last = messages.findLastIndex((message) => AIMessage.isInstance(message))
  let heard = messages.findLastIndex((message) => message.response_metadata['session_key'] === sessionKey)
  if (heard < 0 && last >= 0 && (await isKnown(gateway, sessionKey, signal))) heard = last
  const fresh = messages.slice(heard + 1)
  if (heard >= 0 && fresh.every((message) => message.type === 'system'))
    throw new PincerError(
      'invalid_option',
      `ChatClaw: the session "${sessionKey}" has heard all of this conversation; add a message after the last answer`,
    )
  const earlier = messages.slice(0, heard + 1).filter((message) => message.type === 'system')
  return [...earlier, ...fresh]
}

async function isKnown(
  { sessions }: Gateway,
  sessionKey: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (sessions === undefined) return true
  return (await sessions.get(sessionKey, signal && { signal })) !== undefined
}
