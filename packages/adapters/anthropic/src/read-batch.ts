import type { Placement } from '@pincer/core'

import { convertUsage } from './convert-usage.ts'
import { messageReader } from './convert-message.ts'
import type { Wrapping } from './wrapping.ts'
import { type Method, replaceHidden } from './wrapping/patch-client.ts'

const maxReported = 100_000

/** Reports the answers of a batch as the caller reads its result file, under one run where there is none around. */
export function readBatch(
  wrapping: Wrapping,
  original: Method,
  batchId: unknown,
  rest: readonly unknown[],
): unknown {
  const promise = original(batchId, ...rest)
  if (!(promise instanceof Promise)) return promise
  const parent = wrapping.placement.parent ?? wrapping.claw.current()
  return promise.then((results: any) => {
    if (typeof results?.[Symbol.asyncIterator] !== 'function') return results
    const iterate = results[Symbol.asyncIterator].bind(results)
    replaceHidden(results, Symbol.asyncIterator, () => watchResults(wrapping, batchId, iterate(), { ...(parent && { parent }) }))
    return results
  })
}
