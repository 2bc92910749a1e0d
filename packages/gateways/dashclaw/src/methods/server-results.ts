/** Whether the server works. */
export interface ServerHealth {
  readonly status: string
  /** ISO 8601. */
  readonly timestamp?: string
  readonly version?: string
  readonly checks?: Readonly<Record<string, unknown>>
}
