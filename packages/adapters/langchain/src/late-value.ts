/** A value that is converted only where it is recorded: what copies values asks for it by `toJSON`. */
export class LateValue {
  readonly #value: unknown
  readonly #convert: (value: unknown) => unknown

  /** `convert` makes of `value` what is recorded. */
  constructor(value: unknown, convert: (value: unknown) => unknown) {
    this.#value = value
    this.#convert = convert
  }

  /** The converted value. */
  toJSON(): unknown {
    return this.#convert(this.#value)
  }
}
