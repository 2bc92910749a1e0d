import type { Method } from '@pincer/core/wrapping'

import type { Wrapping } from './wrapping.ts'

/** Lets the results of a batch be reported as the caller reads them; what is handed out stays the object it is. */
export async function readBatch(
  wrapping: Wrapping,
  original: Method,
  batchId: unknown,
  rest: readonly unknown[],
): Promise<unknown> {
  const { claw, placement } = wrapping
  const parent = placement.parent ?? claw.current()
  // Loaded while the file is on its way.
  const loading = import('./watch-results.ts').catch((error: unknown) => claw.report(error, 'anthropic'))
  const results: unknown = await original(batchId, ...rest)
  const module = await loading
  module?.watchResults(
    { ...wrapping, placement: { ...placement, ...(parent && { parent }) } },
    batchId,
    results,
  )
  return results
}
