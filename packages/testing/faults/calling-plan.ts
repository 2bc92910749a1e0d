/** What a calling process is asked to do. */
export interface CallingPlan {
  /** Stands in the input of every call, together with its number. */
  readonly name: string
  /** Address of the gateway, or of the proxy before it. */
  readonly url: string
  /** How many calls to make in all. */
  readonly calls: number
  /** After so many calls: deliver, report, and wait for a line on stdin. */
  readonly hold?: number
  /** File of the durable outbox; memory where absent. */
  readonly outboxPath?: string
  /** `close`: flush and close; `exit`: just come to the end; `kill`: SIGKILL to itself right after the last call. */
  readonly end: 'close' | 'exit' | 'kill'
}

/** What a calling process tells on its way, one JSON line each. */
export interface CallingReport {
  readonly at: 'held' | 'made' | 'done'
  readonly queued: number
  readonly delivered: number
  readonly rejected: number
  /** Events that were sent more than once. */
  readonly retried: number
  /** Events that `onDrop` told of. */
  readonly dropped: number
  /** Milliseconds that the calls took. */
  readonly callMs: number
}
