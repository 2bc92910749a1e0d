import type { Authorization } from './authorization.ts'
import type { GuardedAction, GuardGate, GuardGateOptions } from './guard-gate.ts'
import { writeInput } from './input-hash.ts'

/** Loads the guard gate when the first action asks, so that programs that only record never carry it. */
export class LazyGuardGate {
  readonly #options: GuardGateOptions
  #loading: Promise<GuardGate> | undefined
  #gate: GuardGate | undefined

  constructor(options: GuardGateOptions) {
    this.#options = options
  }

  /** Resolves with permission, or rejects with why not; in observe mode it resolves at once. */
  async authorize(action: GuardedAction, signal?: AbortSignal): Promise<Authorization> {
    signal?.throwIfAborted()
    const { input } = action
    const { mode, gateway, captureInput, report } = this.#options
    const allowed: Authorization = { decision: 'allow', input, edited: false }
    if (mode === 'observe' && gateway.guard === undefined) return allowed
    // The question is about what stands there now, whatever becomes of it while the answer is awaited.
    const question = { ...action, shown: captureInput(input), written: writeInput(input) }
    if (mode === 'enforce') return (await this.#load()).authorize(question, signal)
    this.#load()
      .then((gate) => gate.observe(question))
      .catch((error: unknown) => report(error, 'guard'))
    return allowed
  }

  /** Uses up what was decided about a call. */
  forget(toolCallId: string): void {
    this.#gate?.forget(toolCallId)
  }

  #load(): Promise<GuardGate> {
    this.#loading ??= import('./guard-gate.ts').then(
      (module) => (this.#gate = new module.GuardGate(this.#options)),
    )
    return this.#loading
  }
}
