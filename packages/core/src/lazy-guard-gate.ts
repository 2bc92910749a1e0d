import { PincerError } from '@pincer/protocol/errors'

import type { GuardedCall } from './asked-questions.ts'
import type { Authorization } from './authorization.ts'
import type { AuthorizeOptions } from './authorize-options.ts'
import type { Capture } from './capture.ts'
import type { GuardedAction, GuardGate, GuardGateOptions } from './guard-gate.ts'
import { writeInput } from './input-snapshot.ts'

/** Asks for permission. */
export interface LazyGuardGate {
  /** Resolves with permission, or rejects with why not; in observe mode it resolves at once. */
  authorize(action: GuardedAction, options?: AuthorizeOptions): Promise<Authorization>
  /** Uses up what was decided about a call. */
  forget(call: GuardedCall): void
}

/** Loads the guard gate when the first action asks, so that programs that only record never carry it. */
export function createLazyGuardGate(options: GuardGateOptions, capture: Capture): LazyGuardGate {
  let gate: GuardGate | undefined

  async function load(): Promise<GuardGate> {
    const module = await import('./guard-gate.ts')
    return (gate ??= new module.GuardGate(options))
  }

  return {
    async authorize(action, asked = {}) {
      asked.signal?.throwIfAborted()
      const { input } = action
      const isEnforced = options.guard.mode === 'enforce'
      const allowed: Authorization = { decision: 'allow', input, edited: false }
      if (!isEnforced && options.gateway.guard === undefined) return allowed
      // The question is about what stands there now, whatever becomes of it while the answer is awaited.
      const written = writeInput(input)
      const isUnchanged = (): boolean => writeInput(input) === written
      const question = { ...action, shown: capture.input(input), written, isUnchanged }
      // What only the guard sees weighs on no event.
      capture.weigh()
      if (isEnforced) {
        let loaded: GuardGate
        try {
          loaded = await load()
        } catch (error) {
          options.report(error, 'guard')
          if (options.guard.fail === 'open') return { ...allowed, reason: 'the guard could not be asked' }
          throw new PincerError(
            'guard_unavailable',
            `what asks the guard about "${action.name}" could not be loaded, so it does not happen`,
            { cause: error },
          )
        }
        return loaded.authorize(question, asked)
      }
      load()
        .then((loaded) => loaded.observe(question))
        .catch((error: unknown) => options.report(error, 'guard'))
      return allowed
    },
    forget: (call) => gate?.forget(call),
  }
}
