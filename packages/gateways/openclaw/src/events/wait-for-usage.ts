import type { Usage } from '@pincer/protocol'

/**
 * Asks what a run used; `done` hears of it once, after `timeoutMs` milliseconds at the latest, then without an answer.
 *
 * Returns what ends the wait without a word.
 */
export function waitForUsage(
  ask: () => Promise<Usage | undefined>,
  timeoutMs: number,
  done: (usage: Usage | undefined) => void,
): () => void {
  let isOver = false
  const timer = setTimeout(() => settle(undefined), timeoutMs)
  timer.unref()

  function settle(usage: Usage | undefined): void {
    if (isOver) return
    stop()
    done(usage)
  }

  function stop(): void {
    isOver = true
    clearTimeout(timer)
  }

  // A run ends well whether or not its usage can be told.
  Promise.resolve()
    .then(ask)
    .then(settle, () => settle(undefined))
  return stop
}
