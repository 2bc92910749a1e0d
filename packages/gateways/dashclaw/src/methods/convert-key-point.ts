import type { Fields } from './method.ts'

const known = ['decision', 'task', 'insight', 'question', 'general']

/** Takes other categories of a key point, such as the document's `constraint`, for `general`: servers refuse all but five. */
export function convertKeyPoint(fields: Fields): Fields {
  const { category } = fields
  return typeof category !== 'string' || known.includes(category)
    ? fields
    : { ...fields, category: 'general' }
}
