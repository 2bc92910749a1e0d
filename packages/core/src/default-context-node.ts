import { asyncContext } from './async-context.ts'
import type { ContextCarrier } from './context.ts'

/** Node, Bun and Deno find parents through `AsyncLocalStorage`. */
export function defaultContext(): ContextCarrier | undefined {
  return asyncContext()
}
