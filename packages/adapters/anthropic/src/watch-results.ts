import { followIterator } from '@pincer/core/loops'
import { replaceHidden } from '@pincer/core/wrapping'

import { BatchReport } from './batch-report.ts'
import type { Wrapping } from './wrapping.ts'

/** Reports the results of a batch as the caller iterates them. */
export function watchResults(wrapping: Wrapping, batchId: unknown, results: unknown): void {
  if (!isIterable(results)) return
  const report = new BatchReport(wrapping, batchId)
  const iterate = results[Symbol.asyncIterator].bind(results)
  replaceHidden(results, Symbol.asyncIterator, () =>
    followIterator(iterate(), {
      value: (line) => report.add(line),
      end: () => report.end(),
      stop: () => report.stop(),
      fail: (error) => report.fail(error),
    }),
  )
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
