import type { Fields } from './method.ts'

/** Takes the document's `decisions` of a state for what servers call `learning`. */
export function convertState(fields: Fields): Fields {
  const { decisions, ...rest } = fields
  if (!Array.isArray(decisions)) return fields
  const learning: unknown[] = Array.isArray(rest['learning']) ? rest['learning'] : []
  return { ...rest, learning: [...learning, ...decisions] }
}
