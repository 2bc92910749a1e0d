const separators = new Uint8Array(128)
for (const character of ' \t\n\v\f\r"\'`<>') separators[character.charCodeAt(0)] = 1

/**
 * Replaces the words of a text that have at least `minLength` characters; white space, quotes and angle brackets part words.
 *
 * Short words are leapt over, so that prose costs a fraction of what a pattern would.
 */
export function replaceLongWords(text: string, minLength: number, replace: (word: string) => string): string {
  let clean = ''
  let copied = 0
  let start = 0
  while (start + minLength <= text.length) {
    // The last separator among the next few characters says where the next word may begin.
    let at = start + minLength - 1
    while (at >= start && separators[text.charCodeAt(at)] !== 1) at--
    if (at >= start) {
      start = at + 1
      continue
    }
    let end = start + minLength
    while (end < text.length && separators[text.charCodeAt(end)] !== 1) end++
    const word = text.slice(start, end)
    const replaced = replace(word)
    if (replaced !== word) {
      clean += text.slice(copied, start) + replaced
      copied = end
    }
    start = end + 1
  }
  return copied === 0 ? text : clean + text.slice(copied)
}
