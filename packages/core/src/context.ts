import type { Parent } from './parent.ts'

/** Remembers, along asynchronous calls, which run or action runs now. */
export interface ContextCarrier {
  current(): Parent | undefined
  run<Result>(parent: Parent, work: () => Result): Result
}
