interface ProcessLike {
  on?(name: 'beforeExit', listener: () => void): unknown
}

const waiting = new Set<() => void>()
let isListening = false

// Work done here keeps the process alive a little longer, and then it is asked again.
function exit(): void {
  const due = [...waiting]
  waiting.clear()
  for (const atExit of due) atExit()
}

/**
 * Calls `atExit` once when the process has nothing left to do, while something waits.
 *
 * One listener serves all clients of the process: many would look like a leak to Node. Runtimes without a process never call.
 */
export function watchExit(atExit: () => void): (isWaiting: boolean) => void {
  return (isWaiting) => {
    if (isWaiting) waiting.add(atExit)
    else waiting.delete(atExit)
    if (isListening) return
    isListening = true
    ;(globalThis as { process?: ProcessLike }).process?.on?.('beforeExit', exit)
  }
}
