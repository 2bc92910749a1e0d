import { DemoError } from './demo-error.ts'
import type { Prompt } from './prompt.ts'

/** Conversations that the Messages API goes on with by the id of their last message. */
export interface MessageThreads {
  /**
   * The prompt of a turn with all that went before it.
   *
   * @throws DemoError with status 404 where the conversation is not, or no longer, known
   */
  goOn(previousMessageId: string, turn: Prompt): Prompt
  /** Keeps a conversation up to and including the message of this id. */
  keep(messageId: string, prompt: Prompt): void
}

const mostThreads = 200
const mostCharacters = 8_000_000

/** Makes room for conversations; what is oldest goes first when there are too many, or they are too long. */
export function createMessageThreads(): MessageThreads {
  const kept = new Map<string, { readonly prompt: Prompt; readonly characters: number }>()
  let characters = 0
  return {
    goOn(previousMessageId, turn) {
      const found = kept.get(previousMessageId)?.prompt
      if (found === undefined)
        throw new DemoError(404, `No thread goes on from "${previousMessageId}" here.`, 'thread_not_found')
      return { ...turn, messages: [...found.messages, ...turn.messages], tools: found.tools }
    },
    keep(messageId, prompt) {
      const length = prompt.messages.reduce((sum, message) => sum + message.text.length, 0)
      kept.set(messageId, { prompt, characters: length })
      characters += length
      for (const [id, oldest] of kept) {
        if (kept.size <= mostThreads && characters <= mostCharacters) break
        characters -= oldest.characters
        kept.delete(id)
      }
    },
  }
}
