import { describeValue, PincerError } from './errors.ts'

/** A value from the wire or a file that is not what the protocol says; names where, what was expected and what was found. */
export class ProtocolError extends PincerError {
  override readonly name: string = 'ProtocolError'
  /** Where the value stands, such as `data.usage.inputTokens`; empty for the whole value. */
  readonly path: string
  /** What should stand there, such as `a number`. */
  readonly expected: string
  /** What stands there, shortened. */
  readonly found: string

  constructor(path: string, expected: string, value: unknown) {
    const found = describeValue(value)
    // A path is made of field names, which the sender chose.
    const place = path.length > 200 ? `${path.slice(0, 200)}…` : path
    super('protocol', `${place === '' ? 'value' : place}: expected ${expected}, found ${found}`)
    this.path = place
    this.expected = expected
    this.found = found
  }
}
