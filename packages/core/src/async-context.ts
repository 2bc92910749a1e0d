import { AsyncLocalStorage } from 'node:async_hooks'

import type { ContextCarrier } from './context.ts'
import type { Parent } from './parent.ts'

/**
 * Finds parents through `AsyncLocalStorage`: the default in Node, Bun and Deno.
 *
 * Give it to `createClient({ context: asyncContext() })` in other runtimes that have `node:async_hooks`.
 */
export function asyncContext(): ContextCarrier {
  const storage = new AsyncLocalStorage<Parent>()
  return {
    current: () => storage.getStore(),
    run: (parent, work) => storage.run(parent, work),
  }
}
