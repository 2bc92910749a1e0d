import type { DatabaseSync } from 'node:sqlite'
import { GatewayError, type Session, type SessionMessage, type Sessions } from '@pincer/protocol'
import { transact } from '../database.ts'
import { readCursor, writeCursor } from '../record/cursor.ts'
import { readPage } from '../record/read-page.ts'

/** The sessions of a gateway: the port of protocol, and what the agents write. */
export interface LocalSessions extends Sessions {
  /**
   * Checks that an agent may go on with a session: one that is new, or its own.
   *
   * @throws GatewayError `session_of_other_agent`.
   */
  assertOwn(sessionKey: string, agentId: string): void
  /** Makes the session where it is missing; `label` names it for people. */
  open(sessionKey: string, agentId: string, label: string): void
  /** Adds messages at the end of a session that was opened. */
  append(sessionKey: string, messages: readonly SessionMessage[]): void
  /** The newest messages, oldest first; empty where there is no such session. */
  newest(sessionKey: string, limit: number): readonly SessionMessage[]
}

/** Most messages that {@link Sessions.history} gives back: the newest. */
const maxHistory = 1000
/** Most text of them, in characters of JSON. */
const historyCharacters = 8_388_608
const defaultLimit = 50

/** Opens the sessions of a database. */
export function createSessions({
  database,
  now,
}: {
  readonly database: DatabaseSync
  readonly now: () => number
}): LocalSessions {
  const insert = database.prepare(
    'INSERT OR IGNORE INTO sessions (session_key, agent_id, label, created_at, updated_at) VALUES (?, ?, ?, ?, ?)',
  )
  const touch = database.prepare(
    'UPDATE sessions SET message_count = message_count + ?, updated_at = max(updated_at, ?) WHERE session_key = ?',
  )
  const insertMessage = database.prepare('INSERT INTO session_messages (session_key, body) VALUES (?, ?)')
  const select = database.prepare('SELECT * FROM sessions WHERE session_key = ?')
  const selectPage = database.prepare(
    `SELECT * FROM sessions
     WHERE (?1 IS NULL OR agent_id = ?1) AND (?2 IS NULL OR (updated_at, session_key) < (?2, ?3))
     ORDER BY updated_at DESC, session_key DESC LIMIT ?4`,
  )
  const selectNewest = database.prepare(
    'SELECT body FROM session_messages WHERE session_key = ? ORDER BY position DESC LIMIT ?',
  )

  function newest(sessionKey: string, limit: number): readonly SessionMessage[] {
    const { rows } = readPage(selectNewest.iterate(sessionKey, limit), limit, historyCharacters)
    // Rows are written by this file only, from messages.
    return rows.map((row) => JSON.parse(String(row['body'])) as SessionMessage).toReversed()
  }

  return {
    assertOwn: (sessionKey, agentId) => {
      const owner = select.get(sessionKey)?.['agent_id']
      if (typeof owner !== 'string' || owner === agentId) return
      throw new GatewayError(
        `the session "${sessionKey}" belongs to the agent "${owner}"; choose another sessionKey`,
        { status: 409, gatewayCode: 'session_of_other_agent' },
      )
    },
    open: (sessionKey, agentId, label) => {
      const time = now()
      insert.run(sessionKey, agentId, label === '' ? null : label, time, time)
    },
    append: (sessionKey, messages) => {
      if (messages.length === 0) return
      transact(database, () => {
        for (const message of messages) insertMessage.run(sessionKey, JSON.stringify(message))
        touch.run(messages.length, now(), sessionKey)
      })
    },
    newest,
    list: async (query = {}) => {
      query.signal?.throwIfAborted()
      const limit = Math.min(Math.max(Math.trunc(query.limit ?? defaultLimit), 1), 200)
      const [updatedAt, sessionKey] =
        query.cursor === undefined ? [null, null] : readCursor(query.cursor, ['number', 'string'])
      const rows = selectPage.all(query.agentId ?? null, updatedAt ?? null, sessionKey ?? null, limit + 1)
      const items = rows.slice(0, limit).map(readSession)
      const last = items.at(-1)
      return rows.length > limit && last !== undefined
        ? { items, nextCursor: writeCursor([last.updatedAt, last.sessionKey]) }
        : { items }
    },
    get: async (sessionKey, { signal } = {}) => {
      signal?.throwIfAborted()
      const row = select.get(sessionKey)
      return row === undefined ? undefined : readSession(row)
    },
    history: async (sessionKey, { signal } = {}) => {
      signal?.throwIfAborted()
      return newest(sessionKey, maxHistory)
    },
  }
}

function readSession(row: Record<string, unknown>): Session {
  const { agent_id: agentId, label } = row
  return {
    sessionKey: String(row['session_key']),
    createdAt: Number(row['created_at']),
    updatedAt: Number(row['updated_at']),
    messageCount: Number(row['message_count']),
    ...(typeof agentId === 'string' ? { agentId } : {}),
    ...(typeof label === 'string' ? { label } : {}),
  }
}
