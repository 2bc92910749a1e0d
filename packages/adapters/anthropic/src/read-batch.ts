import { BatchReport } from './batch-report.ts'
import type { Wrapping } from './wrapping.ts'
import { type Method, replaceHidden } from './wrapping/patch-client.ts'

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
  replaceHidden(results, Symbol.asyncIterator, () => watchResults(iterate(), report))
  return results
}

function watchResults(source: AsyncIterator<unknown>, report: BatchReport): AsyncIterator<unknown> {
  // What else the client's iterator can do, it can do too.
  const watched: AsyncIterator<unknown> = Object.create(source)
  watched.next = (...values) => {
    const step = source.next(...values)
    step.then(
      ({ done, value }) => (done ? report.end() : report.add(value)),
      (error: unknown) => report.fail(error),
    )
    return step
  }
  for (const name of ['return', 'throw'] as const) {
    const end = source[name]
    if (end)
      watched[name] = (value?: unknown) => {
        report.stop()
        return end.call(source, value)
      }
  }
  return watched
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
