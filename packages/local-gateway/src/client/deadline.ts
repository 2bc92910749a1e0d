/** The time one request has, together with the caller's own wish to stop. */
export interface Deadline {
  /** Aborts when the time is over or the caller gives up. */
  readonly signal: AbortSignal
  /** True where it was the time. */
  expired(): boolean
  /** Aborts now. */
  readonly giveUp: () => void
  /** Stops the clock, and lets go of the caller's signal. */
  release(): void
}

/** Starts a deadline; in the background its clock does not keep the process alive. */
export function startDeadline(
  timeoutMs: number,
  caller: AbortSignal | undefined,
  background: boolean,
): Deadline {
  const controller = new AbortController()
  let expired = false
  const giveUp = (): void => controller.abort(caller?.reason)
  const timer: unknown = setTimeout(() => {
    expired = true
    controller.abort()
  }, timeoutMs)
  if (background) letGo(timer)
  if (caller?.aborted === true) giveUp()
  else caller?.addEventListener('abort', giveUp, { once: true })
  return {
    signal: controller.signal,
    expired: () => expired,
    giveUp,
    release() {
      clearTimeout(timer as ReturnType<typeof setTimeout>)
      caller?.removeEventListener('abort', giveUp)
    },
  }
}

// Timers are numbers in some runtimes.
function letGo(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function')
    timer.unref()
}
