import type { JsonValue } from '@pincer/protocol'

/**
 * Turns the content that a tool of the Gateway answered with into one value, over either way it was called: JSON where its only text is an
 * object or an array written as such, else its text, else the content as it is.
 */
export function convertToolContent(content: any): JsonValue {
  const parts: readonly any[] = Array.isArray(content) ? content : []
  if (parts.length === 0) return null
  const texts = parts.flatMap((part) =>
    part?.type === 'text' && typeof part.text === 'string' ? [part.text] : [],
  )
  return texts.length === parts.length ? convertToolText(texts) : parts
}

/** Turns the texts that a tool answered with into one value. */
export function convertToolText(texts: readonly string[]): JsonValue {
  const [text = ''] = texts
  if (texts.length !== 1) return texts.join('\n')
  if (!/^\s*[[{]/.test(text)) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
