import type { Authorization } from './authorization.ts'
import type { GuardedAction, GuardGate, GuardGateOptions } from './guard-gate.ts'

/** Loads the guard gate when the first action asks, so that programs that only record never carry it. */
export class LazyGuardGate {
  readonly #options: GuardGateOptions
  #loading: Promise<GuardGate> | undefined
  #gate: GuardGate | undefined

  constructor(options: GuardGateOptions) {
    this.#options = options
  }

  /** Resolves with permission, or rejects with why not. */
  async authorize(action: GuardedAction, signal?: AbortSignal): Promise<Authorization> {
    this.#loading ??= import('./guard-gate.ts').then(
      (module) => (this.#gate = new module.GuardGate(this.#options)),
    )
    return (await this.#loading).authorize(action, signal)
  }

  /** Uses up what was decided about a call. */
  forget(toolCallId: string): void {
    this.#gate?.forget(toolCallId)
  }
}
