import type { ContextCarrier } from './context.ts'

/** Runtimes without `AsyncLocalStorage` have no context of their own: parents are given explicitly. */
export function defaultContext(): ContextCarrier | undefined {
  return undefined
}
