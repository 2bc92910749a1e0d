import { followIterator, type Method, replaceHidden } from '@pincer/core/wrapping'

import { BatchReport } from './batch-report.ts'
import type { Wrapping } from './wrapping.ts'

/** Lets the results of a batch be reported as the caller reads them; what is handed out stays the object it is. */
export async function readBatch(
  { claw, placement, provider }: Wrapping,
  original: Method,
  batchId: unknown,
  rest: readonly unknown[],
): Promise<unknown> {
  const report = new BatchReport(claw, placement, provider, batchId)
  const results: unknown = await original(batchId, ...rest)
  if (!isIterable(results)) return results
  const iterate = results[Symbol.asyncIterator].bind(results)
  replaceHidden(results, Symbol.asyncIterator, () =>
    followIterator(iterate(), {
      value: (line) => report.add(line),
      end: () => report.end(),
      stop: () => report.stop(),
      fail: (error) => report.fail(error),
    }),
  )
  return results
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
