// The characters that keys are made of.
const isKeyCharacter = new Uint8Array(128)
for (let code = 0; code < 128; code++) isKeyCharacter[code] = /[\w.-]/.test(String.fromCharCode(code)) ? 1 : 0

/**
 * Replaces the words of a text that have at least `minLength` letters, digits, underscores, hyphens or full stops.
 *
 * Shorter words are leapt over, so that prose costs a fraction of what a pattern would.
 */
export function replaceLongWords(text: string, minLength: number, replace: (word: string) => string): string {
  let clean = ''
  let copied = 0
  let start = 0
  while (start + minLength <= text.length) {
    // What parts words among the next few characters says, at its last, where the next word may begin.
    let end = start + minLength
    while (end > start && isKeyCharacter[text.charCodeAt(end - 1)] === 1) end--
    if (end > start) {
      start = end
      continue
    }
    end += minLength
    while (end < text.length && isKeyCharacter[text.charCodeAt(end)] === 1) end++
    const word = text.slice(start, end)
    const replaced = replace(word)
    if (replaced !== word) {
      clean += text.slice(copied, start) + replaced
      copied = end
    }
    start = end
  }
  return clean + text.slice(copied)
}
