import { isFields } from '../request/invalid-input.ts'

/** Adds the document's `actions_count`, `decisions_count` and so on beside the server's totals. */
export function convertDigest(answer: unknown): unknown {
  if (!isFields(answer) || !isFields(answer['digest'])) return answer
  const counts = Object.entries(answer['digest']).flatMap(([name, part]) =>
    isFields(part) && part['total'] !== undefined ? [[`${name}_count`, part['total']] as const] : [],
  )
  return { ...Object.fromEntries(counts), ...answer }
}
