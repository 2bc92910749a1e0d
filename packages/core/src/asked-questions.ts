import type { Authorization } from './authorization.ts'

/** A question that was put to the guard, and its answer. */
export interface AskedQuestion {
  /** What it was about: kind, name, run and arguments. */
  readonly subject: string
  /** The action it was asked for; absent as long as only `claw.guard` asked, which knows of none. */
  actionId: string | undefined
  readonly authorization: Promise<Authorization>
  readonly abort: AbortController
  /** How many wait for the answer. */
  callers: number
}

const maxIds = 10_000
const maxPerId = 1_000

/**
 * The questions of one client whose answers are not used up, so that asking again asks the gateway once.
 *
 * Models repeat ids and arguments, so what one action was allowed holds for no other: each asks for itself.
 */
export class AskedQuestions {
  // By tool call id, the oldest first.
  readonly #asked = new Map<string, readonly AskedQuestion[]>()

  /** Finds what was asked about this before, for this action or for none; from then on it is this action's. */
  find(
    toolCallId: string | undefined,
    subject: string,
    actionId: string | undefined,
  ): AskedQuestion | undefined {
    const asked = toolCallId === undefined ? undefined : this.#asked.get(toolCallId)
    const known = asked?.find((other) => other.subject === subject && isSame(other.actionId, actionId))
    if (known !== undefined) known.actionId ??= actionId
    return known
  }

  /** Keeps a question; without an id nobody would find it. */
  add(toolCallId: string | undefined, question: AskedQuestion): void {
    if (toolCallId === undefined) return
    this.#asked.set(toolCallId, [...(this.#asked.get(toolCallId) ?? []), question].slice(-maxPerId))
    if (this.#asked.size <= maxIds) return
    for (const oldest of this.#asked.keys()) {
      this.#asked.delete(oldest)
      return
    }
  }

  /** Forgets a question that nobody answered, by its signal, which is no other's. */
  drop(toolCallId: string | undefined, signal: AbortSignal): void {
    if (toolCallId !== undefined) this.#keep(toolCallId, ({ abort }) => abort.signal !== signal)
  }

  /** Forgets what was answered about an action that has ended. */
  forget(toolCallId: string, actionId: string): void {
    this.#keep(toolCallId, (question) => !isSame(question.actionId, actionId))
  }

  #keep(toolCallId: string, isKept: (question: AskedQuestion) => boolean): void {
    const kept = this.#asked.get(toolCallId)?.filter(isKept)
    if (kept === undefined) return
    if (kept.length > 0) this.#asked.set(toolCallId, kept)
    else this.#asked.delete(toolCallId)
  }
}

function isSame(left: string | undefined, right: string | undefined): boolean {
  return left === undefined || right === undefined || left === right
}
