import { createHash } from 'node:crypto'

const questionPrefix = 'act_ask_'

/** The id of the row that an action is recorded in: the same for the same action, in every process. */
export function rowOfAction(actionId: string): string {
  if (/^act_(?!run_|ask_)[\w-]{1,100}$/.test(actionId)) return actionId
  return /^(?!run_|ask_|act_)[\w-]{1,100}$/.test(actionId) ? `act_${actionId}` : `act_${digest(actionId)}`
}

/** The id of the row that a run is recorded in. */
export function rowOfRun(runId: string): string {
  return `act_run_${/^[\w-]{1,100}$/.test(runId) ? runId : digest(runId)}`
}

/** The id of the row of a question about a call that has no row of its own, or has used it up. */
export function rowOfQuestion(binding: string, attempt: number): string {
  return `${questionPrefix}${digest(`${attempt} ${binding}`)}`
}

/** Whether a row is a question and nothing else. */
export function isQuestionRow(rowId: string): boolean {
  return rowId.startsWith(questionPrefix)
}

/** The id of what hangs on a row, such as a loop: the same for the same place in the same row. */
export function partOfRow(prefix: 'loop' | 'asm', rowId: string, place: number): string {
  return `${prefix}_${digest(`${prefix} ${place} ${rowId}`)}`
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}
