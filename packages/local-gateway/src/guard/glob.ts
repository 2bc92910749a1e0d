/** Tells whether a text matches a pattern. */
export type Glob = (text: string) => boolean

/**
 * Compiles a pattern in which `*` stands for any text, also none; every other character stands for itself.
 *
 * Matching looks for the pieces between the stars once, from left to right, and never goes back: there is no
 * pattern that makes it slow.
 *
 * @example
 * compileGlob('files.*')('files.delete') // true
 */
export function compileGlob(pattern: string): Glob {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return (text) => text === first
  const middle = rest.filter((piece) => piece !== '')
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
      return false
    const end = text.length - last.length
    let at = first.length
    for (const piece of middle) {
      const found = text.indexOf(piece, at)
      if (found < 0 || found + piece.length > end) return false
      at = found + piece.length
    }
    return true
  }
}
