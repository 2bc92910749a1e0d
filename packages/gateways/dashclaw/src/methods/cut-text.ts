import type { Cut } from './method.ts'

/**
 * Cuts a text, or every text of a list, to what the server takes; the end says how much was left out.
 *
 * Everything that is not too long, or no text, stays what it is.
 */
export function cutText(value: unknown, cut: Cut): unknown {
  if (typeof cut === 'number') return typeof value === 'string' ? shorten(value, cut) : value
  if (!Array.isArray(value)) return value
  const texts = value.map((item: unknown) =>
    typeof item === 'string' ? shorten(item, cut.characters) : item,
  )
  if (texts.length <= cut.items) return texts
  return [...texts.slice(0, cut.items - 1), `[${texts.length - cut.items + 1} more]`]
}

function shorten(text: string, characters: number): string {
  if (text.length <= characters) return text
  const mark = ` … [cut, ${text.length} characters]`
  // Half a surrogate pair would not survive the wire.
  return `${text.slice(0, characters - mark.length).replace(/[\ud800-\udbff]$/, '')}${mark}`
}
