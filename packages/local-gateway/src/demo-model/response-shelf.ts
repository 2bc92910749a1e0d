import type { PromptMessage } from './prompt.ts'

/** A response that can be asked for again. */
export interface KeptResponse {
  readonly id: string
  /** The conversation up to and including the answer. */
  readonly messages: readonly PromptMessage[]
  /** Fields that change, at the time of asking. */
  current(): Readonly<Record<string, unknown>>
  /** Stops a background response that is not finished. */
  cancel(): void
}

/** Keeps the newest responses for `previous_response_id` and `GET /responses/{id}`. */
export interface ResponseShelf {
  get(id: string): KeptResponse | undefined
  keep(response: KeptResponse): void
  remove(id: string): boolean
}

const mostResponses = 500
const mostCharacters = 16_000_000

/** Makes a shelf; what is oldest goes first when there are too many, or they are too long. */
export function createResponseShelf(): ResponseShelf {
  const kept = new Map<string, { readonly response: KeptResponse; readonly characters: number }>()
  let characters = 0

  function remove(id: string): boolean {
    characters -= kept.get(id)?.characters ?? 0
    return kept.delete(id)
  }

  return {
    get: (id) => kept.get(id)?.response,
    keep(response) {
      const length = response.messages.reduce((sum, message) => sum + message.text.length, 0)
      kept.set(response.id, { response, characters: length })
      characters += length
      for (const id of kept.keys()) {
        if (kept.size <= mostResponses && characters <= mostCharacters) break
        remove(id)
      }
    },
    remove,
  }
}
