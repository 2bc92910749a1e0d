import type { Authorization } from './authorization.ts'
import type { Capture } from './capture.ts'
import type { GuardedAction, GuardGate, GuardGateOptions } from './guard-gate.ts'
import { writeInput } from './input-hash.ts'

/** Loads the guard gate when the first action asks, so that programs that only record never carry it. */
export class LazyGuardGate {
  readonly #options: GuardGateOptions
  readonly #capture: Capture
  #gate: GuardGate | undefined

  constructor(options: GuardGateOptions, capture: Capture) {
    this.#options = options
    this.#capture = capture
  }

  /** Resolves with permission, or rejects with why not; in observe mode it resolves at once. */
  async authorize(action: GuardedAction, signal?: AbortSignal): Promise<Authorization> {
    signal?.throwIfAborted()
    const { input } = action
    const { gateway, guard, report } = this.#options
    const allowed: Authorization = { decision: 'allow', input, edited: false }
    if (guard.mode === 'observe' && gateway.guard === undefined) return allowed
    // The question is about what stands there now, whatever becomes of it while the answer is awaited.
    const question = { ...action, shown: this.#capture.input(input), written: writeInput(input) }
    // What only the guard sees weighs on no event.
    this.#capture.bytes = 0
    if (guard.mode === 'enforce') return (await this.#load()).authorize(question, signal)
    this.#load()
      .then((gate) => gate.observe(question))
      .catch((error: unknown) => report(error, 'guard'))
    return allowed
  }

  /** Uses up what was decided about a call. */
  forget(toolCallId: string): void {
    this.#gate?.forget(toolCallId)
  }

  async #load(): Promise<GuardGate> {
    const module = await import('./guard-gate.ts')
    return (this.#gate ??= new module.GuardGate(this.#options))
  }
}
