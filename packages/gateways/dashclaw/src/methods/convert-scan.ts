import { isFields } from '../request/invalid-input.ts'

/** Adds the document's `redacted` beside the server's `redacted_text`. */
export function convertScan(answer: unknown): unknown {
  if (!isFields(answer) || answer['redacted_text'] === undefined) return answer
  return { ...answer, redacted: answer['redacted_text'] }
}
