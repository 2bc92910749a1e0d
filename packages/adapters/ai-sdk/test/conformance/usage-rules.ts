import type { LanguageModelV4Usage } from '@ai-sdk/provider'

import { isPlainJson } from './plain-json.ts'

/** What a usage breaks of the rules: its shape, and that details add up to their totals. */
export function usageBreaches(usage: LanguageModelV4Usage): string[] {
  const { inputTokens, outputTokens, raw } = usage
  const found: string[] = []
  const counts = Object.entries({ ...prefixed('input', inputTokens), ...prefixed('output', outputTokens) })
  for (const [name, count] of counts) {
    if (count !== undefined && !(Number.isInteger(count) && count >= 0))
      found.push(`usage: ${name} is ${String(count)}`)
  }
  const names = `${Object.keys(inputTokens).toSorted().join()} ${Object.keys(outputTokens).toSorted().join()}`
  if (names !== 'cacheRead,cacheWrite,noCache,total reasoning,text,total')
    found.push(`usage: its fields are ${names}`)
  found.push(
    ...sumBreaches('input', inputTokens.total, [
      inputTokens.noCache,
      inputTokens.cacheRead,
      inputTokens.cacheWrite,
    ]),
  )
  found.push(...sumBreaches('output', outputTokens.total, [outputTokens.text, outputTokens.reasoning]))
  if (raw !== undefined && !isPlainJson(raw)) found.push('usage: raw is not plain JSON')
  return found
}

function sumBreaches(
  what: string,
  total: number | undefined,
  details: readonly (number | undefined)[],
): string[] {
  const known = details.filter((count) => count !== undefined)
  const sum = known.reduce((left, right) => left + right, 0)
  if (known.length === 0) return []
  if (total === undefined) return [`usage: the details of ${what} are told, but not its total`]
  if (known.length < details.length) return [`usage: only some details of ${what} are told`]
  return sum === total ? [] : [`usage: the details of ${what} make ${sum}, its total is ${total}`]
}

function prefixed(prefix: string, counts: object): Readonly<Record<string, number | undefined>> {
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [`${prefix}.${name}`, count]))
}
