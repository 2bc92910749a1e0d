import type { Claw } from '@pincer/core'

import type { GuardedCall, WantedCall } from './approval-call.ts'

// A chat that nobody comes back to leaves its calls here.
const mostPending = 1_000

/** The calls of one client between question, answer and act, and the tools that are guarded by themselves. */
export class GuardedCalls {
  // By the list of messages that the approval function and the tool are both given, so that a permission serves nobody else.
  readonly #permitted = new WeakMap<object, GuardedCall[]>()
  readonly #pending = new Map<string, GuardedCall>()
  readonly #guarded = new WeakSet<object>()
  readonly #exempt = new WeakSet<object>()

  /** Keeps a permitted call until its tool takes it. */
  permit(call: GuardedCall): void {
    const { messages } = call.wanted
    const calls = this.#permitted.get(messages) ?? []
    this.#permitted.set(messages, [...calls, call])
  }

  /** Gives a permission back, once: for exactly this call of this step, with the arguments that were asked about. */
  takePermitted(wanted: WantedCall): GuardedCall | undefined {
    const calls = this.#permitted.get(wanted.messages)
    const call = calls?.find((kept) => kept.isFor(wanted))
    if (calls !== undefined && call !== undefined)
      this.#permitted.set(
        wanted.messages,
        calls.filter((kept) => kept !== call),
      )
    return call
  }

  /** Keeps a call that waits for the answer to this question. */
  keepPending(approvalId: string, call: GuardedCall): void {
    this.#pending.set(approvalId, call)
    if (this.#pending.size <= mostPending) return
    for (const [oldest, left] of this.#pending) {
      this.#pending.delete(oldest)
      left.cancel('nobody came back to it')
      return
    }
  }

  /** Gives the call back that waits for this answer, once, where it is asked for from the same conversation. */
  takePending(
    approvalId: string | undefined,
    wanted: Omit<WantedCall, 'messages'>,
    isHere: (call: GuardedCall) => boolean,
  ): GuardedCall | undefined {
    const call = approvalId === undefined ? undefined : this.#pending.get(approvalId)
    if (approvalId === undefined || call?.isFor(wanted) !== true || !isHere(call)) return undefined
    this.#pending.delete(approvalId)
    return call
  }

  /** Gives any call back that waits for this answer, whoever asks. */
  dropPending(approvalId: string): GuardedCall | undefined {
    const call = this.#pending.get(approvalId)
    this.#pending.delete(approvalId)
    return call
  }

  /** Says that this tool asks before it acts, with the arguments that were permitted. */
  noteGuarded(tool: object): void {
    this.#guarded.add(tool)
  }

  /** Tells a tool that can take other arguments than the model's. */
  isGuarded(tool: object): boolean {
    return this.#guarded.has(tool)
  }

  /** Says that the gateway itself guards every call of this tool, so that nobody is asked twice. */
  exempt(tool: object): void {
    this.#exempt.add(tool)
  }

  /** Tells a tool that the gateway itself guards. */
  isExempt(tool: object): boolean {
    return this.#exempt.has(tool)
  }
}

const byClient = new WeakMap<Claw, GuardedCalls>()

/** The guarded calls of this client. */
export function guardedCallsOf(claw: Claw): GuardedCalls {
  let calls = byClient.get(claw)
  if (calls === undefined) byClient.set(claw, (calls = new GuardedCalls()))
  return calls
}
