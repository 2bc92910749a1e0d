interface ProcessLike {
  on?(name: 'beforeExit', listener: () => void): unknown
  off?(name: 'beforeExit', listener: () => void): unknown
}

/**
 * Calls `atExit` once when the process has nothing left to do, while it is watched.
 *
 * Watching only while events wait leaves no listener behind on an idle client. Runtimes without a process never call.
 */
export function watchExit(atExit: () => void): (waiting: boolean) => void {
  const host = (globalThis as { process?: ProcessLike }).process
  let watching = false
  let over = false
  const listener = (): void => {
    // Work done here keeps the process alive a little longer, and then it would be asked again.
    if (over) return
    over = true
    atExit()
  }
  return (waiting) => {
    if (waiting === watching) return
    watching = waiting
    over = false
    if (waiting) host?.on?.('beforeExit', listener)
    else host?.off?.('beforeExit', listener)
  }
}
