import type { LanguageModelV4StreamPart } from '@ai-sdk/provider'

/** A part of a model's stream. */
export type Part = LanguageModelV4StreamPart

/** A part of one type. */
export type PartOf<Type extends Part['type']> = Extract<Part, { type: Type }>

/** The parts of one type, in their order. */
export function partsOf<Type extends Part['type']>(parts: readonly Part[], type: Type): PartOf<Type>[] {
  return parts.filter((part): part is PartOf<Type> => part.type === type)
}

/** The one part of its type. */
export function onlyPart<Type extends Part['type']>(parts: readonly Part[], type: Type): PartOf<Type> {
  const [found, ...more] = partsOf(parts, type)
  if (found === undefined || more.length > 0)
    throw new Error(`expected one ${type}, found ${more.length + (found ? 1 : 0)} in ${namesOf(parts)}`)
  return found
}

/** What is written, all blocks of it. */
export function textOf(
  parts: readonly Part[],
  type: 'text-delta' | 'reasoning-delta' = 'text-delta',
): string {
  return partsOf(parts, type)
    .map(({ delta }) => delta)
    .join('')
}

/** The types of the parts, pieces that follow one another told once. */
export function namesOf(parts: readonly Part[]): string {
  return parts
    .map(({ type }) => type)
    .filter((type, index, all) => type !== all[index - 1] || !type.endsWith('-delta'))
    .join(' ')
}
