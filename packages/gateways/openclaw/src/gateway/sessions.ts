import type { Session, SessionMessage, Sessions } from '@pincer/protocol'
import type { Calls } from './calls.ts'
import { isNotFound } from './gateway-errors.ts'
import { parseHistoryPage, parseMessages } from './parse-history.ts'
import { parseDescription, parseMessageCount, parseSession, parseSessionPage } from './parse-session.ts'
import type { SessionKeys } from './session-keys.ts'

const pageSize = 50
const largestPage = 200
const historyPageSize = 1000
const longestHistory = 20_000
const atOnce = 8

/**
 * The sessions of the Gateway.
 *
 * The Gateway lists sessions without their length: how many messages each has is asked for one by one, so that long pages take longer.
 */
export function createSessions(calls: Calls, keys: SessionKeys): Sessions {
  async function read(
    row: unknown,
    key: string,
    signal: AbortSignal | undefined,
  ): Promise<Session | undefined> {
    const history = await calls.request('chat.history', { sessionKey: key, limit: 1 }, withSignal(signal))
    return parseSession(row, parseMessageCount(history))
  }

  return {
    async list({ agentId, limit = pageSize, cursor, signal } = {}) {
      const answer = await calls.request(
        'sessions.list',
        {
          limit: Math.min(Math.max(1, Math.trunc(limit)), largestPage),
          ...(cursor === undefined ? {} : { offset: Number.parseInt(cursor, 10) || 0 }),
          ...(agentId === undefined ? {} : { agentId }),
        },
        withSignal(signal),
      )
      const { rows: told, next } = parseSessionPage(answer)
      // Each of them costs a question of its own, so that a longer page than any is cut.
      const rows = told.slice(0, largestPage)
      const items: Session[] = []
      for (let at = 0; at < rows.length; at += atOnce) {
        const some = await Promise.all(
          rows.slice(at, at + atOnce).map(async (row) => {
            const key = parseSession(row, 0)?.sessionKey
            return key === undefined ? undefined : await read(row, key, signal)
          }),
        )
        items.push(...some.filter((session) => session !== undefined))
      }
      return next === undefined ? { items } : { items, nextCursor: String(next) }
    },

    async get(sessionKey, { signal } = {}) {
      const key = await keys.full(sessionKey)
      const row = parseDescription(
        await orNothing(calls.request('sessions.describe', { key }, withSignal(signal))),
      )
      return row === undefined ? undefined : await read(row, key, signal)
    },

    async history(sessionKey, { signal } = {}) {
      const key = await keys.full(sessionKey)
      const pages: (readonly unknown[])[] = []
      for (let offset = 0; offset < longestHistory;) {
        const params = { sessionKey: key, limit: historyPageSize, ...(offset === 0 ? {} : { offset }) }
        const page = parseHistoryPage(
          await orNothing(calls.request('chat.history', params, withSignal(signal))),
        )
        pages.unshift(page.rows.slice(-longestHistory))
        if (page.next === undefined || page.next <= offset) break
        offset = page.next
      }
      const messages: readonly SessionMessage[] = parseMessages(pages.flat())
      return messages
    },
  }
}

async function orNothing(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

function withSignal(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}
