/**
 * A part that must be there.
 *
 * @throws Error where the subject declares a part and lacks what its suite needs.
 */
export function partOf<Part>(value: Part | undefined): Part {
  if (value === undefined) throw new Error('the subject lacks something that its suite needs')
  return value
}
