import type { Authorization } from './authorization.ts'

/** A question that was put to the guard, and its answer. */
export interface AskedQuestion {
  /** What it was about: call id, kind, name, run and arguments. */
  readonly subject: string
  readonly toolCallId: string | undefined
  /** The action it was asked for; absent as long as only `claw.guard` asked, which knows of none. */
  actionId: string | undefined
  readonly authorization: Promise<Authorization>
  readonly abort: AbortController
  /** How many wait for the answer. */
  callers: number
}

/** A call that has a handle. */
export interface GuardedCall {
  readonly toolCallId: string
  readonly actionId: string
}

const mostQuestions = 10_000

/**
 * The questions of one client whose answers are not used up, so that asking again asks the gateway once.
 *
 * Models repeat ids and arguments, so what one action was allowed holds for no other: each asks for itself.
 */
export class AskedQuestions {
  // The oldest first.
  #asked: readonly AskedQuestion[] = []

  /** Finds what was asked about this before, for this action or for none; from then on it is this action's. */
  find(subject: string, actionId: string | undefined): AskedQuestion | undefined {
    const known = this.#asked.find((other) => other.subject === subject && isSame(other.actionId, actionId))
    if (known !== undefined) known.actionId ??= actionId
    return known
  }

  /** Keeps a question about a call that has an id; any other is asked anew each time. */
  add(question: AskedQuestion): void {
    if (question.toolCallId !== undefined) this.#asked = [...this.#asked, question].slice(-mostQuestions)
  }

  /** Forgets a question that nobody answered, by its signal, which is no other's. */
  drop(signal: AbortSignal): void {
    this.#asked = this.#asked.filter(({ abort }) => abort.signal !== signal)
  }

  /** Forgets what was answered about a call that has ended, under whichever id of the call it was asked. */
  forget({ toolCallId, actionId }: GuardedCall): void {
    this.#asked = this.#asked.filter(
      (known) =>
        known.actionId !== actionId && (known.toolCallId !== toolCallId || !isSame(known.actionId, actionId)),
    )
  }
}

// Absent is the same as any.
function isSame(left: string | undefined, right: string | undefined): boolean {
  return (left ?? right) === (right ?? left)
}
