/** What every endpoint of the demo model gets with a request. */
export interface DemoContext {
  /** Epoch milliseconds. */
  readonly now: () => number
  /** A new id that begins with the given prefix. */
  readonly newId: (prefix: string) => string
  /** Which attempt of the caller this is, from 0; the official clients count it in a header. */
  readonly attempt: number
  /** Aborts when the caller is gone. */
  readonly signal: AbortSignal
  /** Headers that every answer carries, `x-request-id` among them. */
  readonly headers: Readonly<Record<string, string>>
}
