const letters = 'abcdefghijkmnpqrstuvwxyz23456789'

/**
 * Makes a source of ids that sort by time and never repeat, not even across processes.
 *
 * Random bits are drawn at the first id, since some runtimes refuse to draw them while a module loads.
 */
export function createIds(now: () => number): () => string {
  let origin = ''
  let count = 0
  let time = 0
  let prefix = ''
  return () => {
    if (origin === '') origin = randomLetters(16)
    const current = now()
    if (current !== time) {
      time = current
      prefix = `${time.toString(36)}-${origin}-`
    }
    return prefix + (count++).toString(36)
  }
}

function randomLetters(length: number): string {
  let text = ''
  for (const byte of crypto.getRandomValues(new Uint8Array(length))) text += letters[byte & 31]
  return text
}
