import { isFields } from '../request/invalid-input.ts'

/** Puts the text of a file beside its bytes. */
export function convertExportFile(answer: unknown): unknown {
  if (!isFields(answer) || !(answer['data'] instanceof Uint8Array)) return answer
  return { ...answer, text: new TextDecoder().decode(answer['data']) }
}
