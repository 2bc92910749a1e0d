/**
 * Makes a source of ids that sort by time and never repeat, not even across processes.
 *
 * Random bits are drawn at the first id, since some runtimes refuse to draw them while a module loads.
 */
export function createIds(): (now: number) => string {
  let origin = ''
  let count = 0
  let time = 0
  let prefix = ''
  return (now) => {
    origin ||= randomLetters()
    if (now !== time) {
      time = now
      prefix = `${now.toString(36)}-${origin}-`
    }
    // Decimal, which is written fastest.
    return prefix + count++
  }
}

// 96 bits.
function randomLetters(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(3)), (bits) => bits.toString(36)).join('')
}
