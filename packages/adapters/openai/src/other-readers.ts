import type { AnswerReader } from './answer.ts'
import type { WatchedRequest } from './call-watch.ts'
import { createMediaReader } from './convert-media.ts'
import { createResponseReader } from './convert-response.ts'

/** Makes the reader of everything but chat completions; loaded by the first such call. */
export function createReader({ operation, background }: WatchedRequest): AnswerReader {
  return operation === 'response' ? createResponseReader(background) : createMediaReader(operation)
}
