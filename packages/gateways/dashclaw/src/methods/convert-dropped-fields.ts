import type { Fields } from './method.ts'

/** Writes the document's `context` and `tags` of a handoff, which servers drop, into its summary. */
export function convertHandoff(fields: Fields): Fields {
  return addToText(fields, 'summary', ['context', 'tags'])
}

/** Writes the document's `priority` of a goal, which servers drop, into its description. */
export function convertGoal(fields: Fields): Fields {
  return addToText(fields, 'description', ['priority'])
}

/** Writes the document's `content_type`, which servers drop, where they keep what a content is for. */
export function convertContent(fields: Fields): Fields {
  const { content_type: contentType, ...rest } = fields
  if (contentType === undefined) return fields
  return rest['platform'] === undefined ? { ...rest, platform: contentType } : rest
}

function addToText(fields: Fields, textField: string, dropped: readonly string[]): Fields {
  const lines = dropped.flatMap((field) => {
    const value = fields[field]
    if (value === undefined || value === null) return []
    return [`${field}: ${typeof value === 'string' ? value : JSON.stringify(value)}`]
  })
  if (lines.length === 0) return fields
  const text = fields[textField]
  const kept = Object.entries(fields).filter(([field]) => !dropped.includes(field))
  const whole = [...(typeof text === 'string' ? [text, ''] : []), ...lines].join('\n')
  return { ...Object.fromEntries(kept), [textField]: whole }
}
