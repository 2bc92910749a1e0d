/** Why a run was stopped before it came to its end: the reason of its abort signal. */
export class RunStopped extends Error {
  override readonly name: string = 'AbortError'
  readonly status: 'cancelled' | 'timed_out'

  constructor(status: 'cancelled' | 'timed_out', reason: string) {
    super(reason)
    this.status = status
  }
}
