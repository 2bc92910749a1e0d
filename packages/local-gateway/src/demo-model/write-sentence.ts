import type { JsonValue } from '@pincer/protocol'
import { isJsonObject, parseJson } from './parse-json.ts'

const longest = 400

/** Writes what the demo model says to words that ask for no tool. */
export function writeReply(words: string): string {
  const asked =
    /^(?:please\s+)?(?:say|repeat|echo|reply with|answer with|respond with)[:\s]+(?:exactly[:\s]+)?(.+)$/i.exec(
      words,
    )
  if (asked?.[1] !== undefined) return asked[1].replaceAll(/^["'“`]+|["'”`]+$/g, '')
  if (words === '')
    return 'This is the scripted demo model of the local gateway. There was nothing to answer.'
  if (/^(hi|hello|hey|good (morning|day|evening))\b/i.test(words)) {
    return 'Hello! This is the scripted demo model of the local gateway: it answers by rules, without a network or a key.'
  }
  return `You said: "${shorten(words)}" This is the scripted demo model of the local gateway, so this answer follows a rule.`
}

/** Writes a sentence out of what the tools answered. */
export function writeFromResults(
  results: readonly { readonly name: string; readonly text: string }[],
): string {
  return results.map((result) => `${result.name} answered: ${sayResult(result.text)}.`).join(' ')
}

/** Writes the given number of words, for long answers. */
export function writeWords(count: number): string {
  return Array.from({ length: count }, (_, index) => `word${index + 1}`).join(' ')
}

function sayResult(text: string): string {
  const value = parseJson(text)
  return shorten(value === undefined ? text : sayValue(value)).replace(/[.\s]+$/, '')
}

function sayValue(value: JsonValue): string {
  if (Array.isArray(value)) return value.map((item: JsonValue) => sayValue(item)).join('; ')
  if (!isJsonObject(value)) return typeof value === 'string' ? value : JSON.stringify(value)
  return Object.entries(value)
    .map(([name, item]) => `${name} ${sayValue(item ?? null)}`)
    .join(', ')
}

function shorten(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}
