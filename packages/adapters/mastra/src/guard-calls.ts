import type { Claw } from '@pincer/core'

import type { GuardedCall, WantedCall } from './guard-call.ts'

// A run that nobody resumes leaves its calls here.
const mostPending = 1_000
// Names of arguments by which a model could say that its own call is approved, or is another's.
const forged = ['resumeData', 'suspendedToolCallId', 'suspendedToolRunId']

/** The calls of one client between question, answer and act, and the tools that ask by themselves. */
export class GuardedCalls {
  readonly #kept = new Map<string, readonly GuardedCall[]>()
  readonly #selfAsking = new WeakSet<object>()
  // A symbol of this client's, which no model and no wire can write.
  readonly #mark = Symbol('pincer.asks-itself')

  /** Keeps a call that Mastra enters again: it waits for a person, or its tool has suspended the run. */
  keep(call: GuardedCall): void {
    const key = keyOf(call.wanted)
    if (key === undefined) return
    const calls = this.#kept.get(key) ?? []
    this.#kept.delete(key)
    this.#kept.set(key, [...calls.filter((other) => other !== call), call])
    if (this.#kept.size <= mostPending) return
    for (const [oldest, left] of this.#kept) {
      this.#kept.delete(oldest)
      for (const lost of left) lost.cancel('nobody came back to it')
      return
    }
  }

  /** Gives back exactly this call, once: of the same run, id, tool and arguments. */
  take(wanted: WantedCall): GuardedCall | undefined {
    const key = keyOf(wanted)
    const calls = key === undefined ? undefined : this.#kept.get(key)
    const call = calls?.find((kept) => kept.isFor(wanted))
    if (key === undefined || calls === undefined || call === undefined) return undefined
    const others = calls.filter((kept) => kept !== call)
    if (others.length > 0) this.#kept.set(key, others)
    else this.#kept.delete(key)
    return call
  }

  /** Says that this tool asks by itself, so that nobody is asked twice. */
  noteSelfAsking(tool: object): void {
    this.#selfAsking.add(tool)
  }

  /** Tells a tool that asks by itself. */
  isSelfAsking(tool: object): boolean {
    return this.#selfAsking.has(tool)
  }

  /** Marks the arguments of a call whose tool asks by itself, for a hook is told of arguments only. */
  mark(input: unknown): void {
    if (typeof input === 'object' && input !== null) Reflect.set(input, this.#mark, true)
  }

  /** Tells arguments of a call whose tool asks by itself. */
  isMarked(input: unknown): boolean {
    return typeof input === 'object' && input !== null && Object.hasOwn(input, this.#mark)
  }

  /** Arguments as they are without the mark. */
  unmark(input: unknown): unknown {
    if (this.isMarked(input)) Reflect.deleteProperty(Object(input), this.#mark)
    return input
  }
}

const byClient = new WeakMap<Claw, GuardedCalls>()

/** The guarded calls of this client. */
export function guardedCallsOf(claw: Claw): GuardedCalls {
  let calls = byClient.get(claw)
  if (calls === undefined) byClient.set(claw, (calls = new GuardedCalls()))
  return calls
}

/** Takes out of the arguments of a call what a model could say with them about its own approval. */
export function stripInput(input: unknown): void {
  if (typeof input !== 'object' || input === null) return
  for (const name of forged) if (Object.hasOwn(input, name)) Reflect.deleteProperty(input, name)
}

function keyOf({ context: { mastraRunId, toolCallId } }: WantedCall): string | undefined {
  return toolCallId === undefined || mastraRunId === undefined
    ? undefined
    : JSON.stringify([mastraRunId, toolCallId])
}
