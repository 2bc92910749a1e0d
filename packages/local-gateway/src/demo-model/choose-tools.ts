import type { OfferedTool } from './prompt.ts'

const meaningless = new Set(
  'a an and any are ask at be by call can do execute for from function get give have how i in is it its make me my of on or perform please run set some that the this to tool use using want was what when where which who why will with you your'.split(
    ' ',
  ),
)

/** Splits text into lower-case words without filler and without a plural `s`. */
function meaningfulWords(text: string): string[] {
  return text
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length > 1 && !meaningless.has(word))
    .map((word) => (word.length > 3 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word))
}

/**
 * Chooses the tools that a user's words obviously ask for: every word of the tool's name was said, or one of them
 * together with another word of its description.
 */
export function chooseTools(words: string, tools: readonly OfferedTool[]): readonly OfferedTool[] {
  const said = new Set(meaningfulWords(words))
  const named = tools.filter((tool) => {
    const name = meaningfulWords(tool.name)
    return name.length > 0 && name.every((word) => said.has(word))
  })
  if (named.length > 0) return named
  let best: OfferedTool | undefined
  let bestScore = 0
  for (const tool of tools) {
    const name = new Set(meaningfulWords(tool.name))
    const described = new Set(meaningfulWords(tool.description).filter((word) => !name.has(word)))
    const nameHits = [...name].filter((word) => said.has(word)).length
    const describedHits = [...described].filter((word) => said.has(word)).length
    const score = nameHits > 0 && describedHits > 0 ? nameHits * 2 + describedHits : 0
    if (score > bestScore) [best, bestScore] = [tool, score]
  }
  return best === undefined ? [] : [best]
}
