interface ProcessLike {
  on?(name: 'beforeExit', listener: () => void): unknown
  off?(name: 'beforeExit', listener: () => void): unknown
}

const host = (): ProcessLike | undefined => (globalThis as { process?: ProcessLike }).process

// One listener for all clients of the process: many of their own would look like a leak to Node.
const waiting = new Set<() => void>()

// Work done here keeps the process alive a little longer, and then it would be asked again.
function exit(): void {
  const due = [...waiting]
  waiting.clear()
  host()?.off?.('beforeExit', exit)
  for (const atExit of due) atExit()
}

/**
 * Calls `atExit` once when the process has nothing left to do, while it is watched.
 *
 * Watching only while events wait leaves no listener behind on an idle client. Runtimes without a process never call.
 */
export function watchExit(atExit: () => void): (isWaiting: boolean) => void {
  return (isWaiting) => {
    const size = waiting.size
    if (isWaiting) waiting.add(atExit)
    else waiting.delete(atExit)
    if (size === 0 && waiting.size > 0) host()?.on?.('beforeExit', exit)
    else if (size > 0 && waiting.size === 0) host()?.off?.('beforeExit', exit)
  }
}
