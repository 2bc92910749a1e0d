import { closeSync, existsSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '@pincer/protocol'
import { migrations } from './migrations.ts'
import { convertStorageError } from './storage-error.ts'

/**
 * Opens the gateway's database, creates it where it is missing and brings its tables up to date.
 *
 * A commit is in the write-ahead log before the call returns, so that killing the process loses nothing.
 *
 * @param databasePath a file, or `:memory:` for a record that ends with the process.
 * @throws GatewayError where the file cannot be opened or was written by a newer version.
 */
export function openDatabase(databasePath: string): DatabaseSync {
  let database: DatabaseSync
  try {
    if (databasePath !== ':memory:') createPrivately(databasePath)
    database = new DatabaseSync(databasePath)
  } catch (cause) {
    throw new GatewayError(`cannot open the database "${databasePath}"; is its folder there and writable?`, {
      cause,
    })
  }
  try {
    database.exec(
      'PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON',
    )
    migrate(database, databasePath)
  } catch (cause) {
    database.close()
    if (cause instanceof GatewayError) throw cause
    throw new GatewayError(
      `cannot use "${databasePath}" as the gateway's database: is it another kind of file?`,
      { cause },
    )
  }
  return database
}

/** Inputs and outputs of agents are private: a new file is for its owner only, and its log takes the same rights. */
function createPrivately(databasePath: string): void {
  try {
    // Only ever creates: opening and closing a database in use would drop the locks that this process holds on it.
    closeSync(openSync(databasePath, 'wx', 0o600))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    // A link to a file that is not there yet.
    if (!existsSync(databasePath)) closeSync(openSync(databasePath, 'a', 0o600))
  }
}

/**
 * Runs `work` in one write transaction: all of it is kept, or, where it throws, nothing.
 *
 * @throws GatewayError with `retryable` where another program holds the file or the disk is full; what `work` throws.
 */
export function transact<Result>(database: DatabaseSync, work: () => Result): Result {
  if (database.isTransaction) return work()
  try {
    database.exec('BEGIN IMMEDIATE')
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw convertStorageError(error) ?? error
  }
}

function migrate(database: DatabaseSync, databasePath: string): void {
  // Read under the write lock: two processes that open one new file at once must not both create its tables.
  transact(database, () => {
    const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
    if (version > migrations.length) {
      throw new GatewayError(
        `"${databasePath}" was written by a newer version of @pincer/local-gateway; update it, or choose another databasePath`,
      )
    }
    for (const migration of migrations.slice(version)) database.exec(migration)
    database.exec(`PRAGMA user_version = ${migrations.length}`)
  })
}
