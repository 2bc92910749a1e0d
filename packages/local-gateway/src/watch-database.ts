import type { DatabaseSync } from 'node:sqlite'

const pollMs = 250

/** Notices what other processes write into a shared database file. */
export interface DatabaseWatch {
  /** Calls the listener after each change by another process, until the returned function is called. */
  onChange(listener: () => void): () => void
}

/** Watches a database by its version number; reads it only while somebody listens, and keeps no process alive. */
export function watchDatabase(database: DatabaseSync): DatabaseWatch {
  const readVersion = database.prepare('PRAGMA data_version')
  const listeners = new Set<() => void>()
  let timer: NodeJS.Timeout | undefined
  let seen: unknown

  function poll(): void {
    try {
      const version = readVersion.get()?.['data_version']
      if (version === seen) return
      for (const listener of listeners) listener()
      seen = version
    } catch {
      // The file cannot be read now: the next turn tries again.
    }
  }

  return {
    onChange: (listener) => {
      listeners.add(listener)
      if (timer === undefined) {
        seen = readVersion.get()?.['data_version']
        timer = setInterval(poll, pollMs).unref()
      }
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0 || timer === undefined) return
        clearInterval(timer)
        timer = undefined
      }
    },
  }
}
