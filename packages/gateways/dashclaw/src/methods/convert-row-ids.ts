import { isFields } from '../request/invalid-input.ts'

/**
 * Gives the rows of an answer the id that other calls take as `id`, as the document says; the server's row number becomes `row_id`.
 *
 * @param field - Where the row or the rows stand, such as `loop`.
 * @param idField - The row's field that holds the id, such as `loop_id`.
 */
function convertRowIds(answer: unknown, field: string, idField: string): unknown {
  if (!isFields(answer) || !Object.hasOwn(answer, field)) return answer
  const found = answer[field]
  const convert = (row: unknown): unknown => {
    if (!isFields(row) || typeof row[idField] !== 'string' || row['id'] === row[idField]) return row
    return { ...row, id: row[idField], ...(row['id'] === undefined ? {} : { row_id: row['id'] }) }
  }
  return { ...answer, [field]: Array.isArray(found) ? found.map(convert) : convert(found) }
}

/** Loops by the id that `resolveOpenLoop` takes. */
export function convertLoop(answer: unknown): unknown {
  return convertRowIds(answer, 'loop', 'loop_id')
}

/** A listing of loops by the ids that `resolveOpenLoop` takes. */
export function convertLoops(answer: unknown): unknown {
  return convertRowIds(answer, 'loops', 'loop_id')
}

/** An assumption by the id that `validateAssumption` takes. */
export function convertAssumption(answer: unknown): unknown {
  return convertRowIds(answer, 'assumption', 'assumption_id')
}

/** A listing of assumptions by the ids that `validateAssumption` takes. */
export function convertAssumptions(answer: unknown): unknown {
  return convertRowIds(answer, 'assumptions', 'assumption_id')
}

/** An action's loops and assumptions by the ids that other calls take. */
export function convertActionParts(answer: unknown): unknown {
  return convertRowIds(convertAssumptions(answer), 'open_loops', 'loop_id')
}
