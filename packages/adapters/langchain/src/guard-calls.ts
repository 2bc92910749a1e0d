import type { Claw } from '@pincer/core'

import type { GuardedCall, WantedCall } from './guard-call.ts'

const mostEntries = 10_000

/** The calls of one client that were asked about and have not run to their end: an interrupted graph comes back to them. */
export class GuardedCalls {
  readonly #calls = new Map<string, readonly GuardedCall[]>()
  readonly #exempt = new WeakSet<object>()
  readonly #exemptNames = new Set<string>()
  // Arguments that may be used right now, each for these calls: known by identity, so that no copy goes unasked.
  readonly #permits = new WeakMap<object, Set<string>>()

  /** Keeps a call until its graph comes back; what belongs to no thread cannot be come back to. */
  keep(call: GuardedCall): void {
    const key = keyOf(call.wanted)
    if (key === undefined) return
    const calls = this.#calls.get(key) ?? []
    this.#calls.delete(key)
    this.#calls.set(key, [...calls.filter((other) => other !== call), call])
    if (this.#calls.size <= mostEntries) return
    for (const oldest of this.#calls.keys()) {
      this.#calls.delete(oldest)
      return
    }
  }

  /** Gives back exactly this call, once: the same arguments in the same thread and message. */
  take(wanted: WantedCall): GuardedCall | undefined {
    const key = keyOf(wanted)
    const calls = key === undefined ? undefined : this.#calls.get(key)
    const call = calls?.find((kept) => kept.isFor(wanted))
    if (key === undefined || calls === undefined || call === undefined) return undefined
    const others = calls.filter((kept) => kept !== call)
    if (others.length > 0) this.#calls.set(key, others)
    else this.#calls.delete(key)
    return call
  }

  /** Says that the gateway itself guards every call of this tool, so that nobody is asked twice. */
  exempt(tool: object, name: string): void {
    this.#exempt.add(tool)
    this.#exemptNames.add(name)
  }

  /** Tells a tool that the gateway itself guards. */
  isExempt(tool: unknown): boolean {
    return typeof tool === 'object' && tool !== null && this.#exempt.has(tool)
  }

  /** Tells the name of such a tool, where the tool itself is not known yet. */
  isExemptName(name: string): boolean {
    return this.#exemptNames.has(name)
  }

  /** Permits a call with exactly these arguments while the work lasts, so that a guarded tool inside does not ask again. */
  async permit<Result>(toolCallId: string, input: unknown, work: () => Promise<Result>): Promise<Result> {
    if (typeof input !== 'object' || input === null) return work()
    const toolCallIds = this.#permits.get(input) ?? new Set()
    this.#permits.set(input, toolCallIds.add(toolCallId))
    try {
      return await work()
    } finally {
      toolCallIds.delete(toolCallId)
    }
  }

  /** Tells whether a call was permitted by what stands around it. */
  isPermitted(toolCallId: string | undefined, input: unknown): boolean {
    if (toolCallId === undefined || typeof input !== 'object' || input === null) return false
    return this.#permits.get(input)?.has(toolCallId) ?? false
  }
}

const byClient = new WeakMap<Claw, GuardedCalls>()

/** The calls of this client that were asked about. */
export function guardedCallsOf(claw: Claw): GuardedCalls {
  let calls = byClient.get(claw)
  if (calls === undefined) {
    calls = new GuardedCalls()
    byClient.set(claw, calls)
  }
  return calls
}

function keyOf({ toolCallId, threadId, origin }: WantedCall): string | undefined {
  return toolCallId === undefined || threadId === undefined
    ? undefined
    : JSON.stringify([threadId, origin, toolCallId])
}
