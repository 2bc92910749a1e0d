import { GatewayError } from '@pincer/protocol'

/** A place in the order of the runs. */
export interface Turn {
  /** True where the run may begin at once. */
  readonly immediate: boolean
  /** Resolves when the run may begin, with the function that ends its turn; rejects with the signal's reason. */
  readonly entered: Promise<() => void>
}

/** Lets runs of one session begin one after the other, and a bounded number of sessions at once. */
export interface RunTurns {
  /** @throws GatewayError `too_many_runs` where too many wait already. */
  enter(sessionKey: string, signal: AbortSignal): Turn
}

interface Waiting {
  readonly sessionKey: string
  readonly begin: () => void
}

/** Makes the order of the runs: at most `maxRunning` at once, and `maxWaiting` behind them. */
export function createRunTurns({
  maxRunning,
  maxWaiting,
}: {
  readonly maxRunning: number
  readonly maxWaiting: number
}): RunTurns {
  const running = new Set<string>()
  const waiting = new Set<Waiting>()

  function beginNext(): void {
    for (const next of waiting) {
      if (running.size >= maxRunning) return
      if (!running.has(next.sessionKey)) next.begin()
    }
  }

  function begin(sessionKey: string): () => void {
    running.add(sessionKey)
    let left = false
    return () => {
      if (left) return
      left = true
      running.delete(sessionKey)
      beginNext()
    }
  }

  return {
    enter: (sessionKey, signal) => {
      if (!running.has(sessionKey) && running.size < maxRunning) {
        return { immediate: true, entered: Promise.resolve(begin(sessionKey)) }
      }
      if (waiting.size >= maxWaiting) {
        throw new GatewayError(`${maxWaiting} runs are already waiting; try again later`, {
          status: 503,
          gatewayCode: 'too_many_runs',
          retryable: true,
          retryAfterMs: 5000,
        })
      }
      const entered = new Promise<() => void>((resolve, reject) => {
        const leave = (): void => {
          waiting.delete(own)
          reject(signal.reason)
        }
        const own: Waiting = {
          sessionKey,
          begin: () => {
            waiting.delete(own)
            signal.removeEventListener('abort', leave)
            resolve(begin(sessionKey))
          },
        }
        if (signal.aborted) return reject(signal.reason)
        signal.addEventListener('abort', leave, { once: true })
        waiting.add(own)
      })
      return { immediate: false, entered }
    },
  }
}
