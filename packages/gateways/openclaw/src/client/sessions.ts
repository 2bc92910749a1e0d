import { GatewayError, type ClawEvent } from '@pincer/protocol'
import { bindMethods } from '../methods/bind-methods.ts'
import { chatMethods } from '../methods/chat-methods.ts'
import { sessionMethods } from '../methods/session-methods.ts'
import { checkParams, checkText } from '../check-param.ts'
import type { ClientParts } from './client-parts.ts'
import type { SessionResolveParams } from './session-params.ts'
import { createSession, type Session, type SessionFacts, type Sessions } from './session.ts'
import type { UsageReports } from './usage.ts'

interface Keyed {
  readonly key: string
  readonly agentId?: string
}

/** Makes the `oc.sessions` surface. */
export function createSessions(
  { connection, runs, keys, events }: ClientParts,
  usage: UsageReports,
): Sessions {
  const calls = bindMethods(sessionMethods, connection)
  const chat = bindMethods(chatMethods, connection)

  async function withFullKey<Params extends Keyed>(call: string, params: Params): Promise<Params> {
    checkParams(call, params)
    return { ...params, key: await keys.resolve(call, params.key, params.agentId) }
  }

  function handle(facts: SessionFacts): Session {
    return createSession(facts, sessions, (options) => ofSession(events(options), facts.key))
  }

  async function resolve(
    query: SessionResolveParams & { readonly allowMissing: true },
  ): Promise<Session | undefined>
  async function resolve(query: SessionResolveParams): Promise<Session>
  async function resolve(
    query: SessionResolveParams,
    options?: Parameters<Sessions['resolve']>[1],
  ): Promise<Session | undefined> {
    checkParams('sessions.resolve', query)
    const found = await calls.resolve(query, options)
    if (found.ok) return handle({ key: found.key, agentId: found.agentId })
    if (query.allowMissing === true) return undefined
    throw new GatewayError('sessions.resolve: there is no such session; create it with sessions.create', {
      status: 404,
      gatewayCode: 'SESSION_NOT_FOUND',
    })
  }

  const sessions: Sessions = {
    async create(params = {}, options) {
      checkParams('sessions.create', params)
      const { key, agentId } = params
      const made = await calls.create(
        key === undefined ? params : { ...params, key: await keys.resolve('sessions.create', key, agentId) },
        options,
      )
      return handle({
        key: made.key,
        ...(agentId === undefined ? {} : { agentId }),
        ...(made.sessionId === undefined ? {} : { sessionId: made.sessionId }),
        ...(made.runId === undefined ? {} : { run: runs.begun(made.runId, { sessionKey: made.key }) }),
      })
    },
    resolve,
    async get(key, owner = {}) {
      const full = await keys.resolve('sessions.get', key, owner.agentId)
      return handle({ key: full, ...(owner.agentId === undefined ? {} : { agentId: owner.agentId }) })
    },
    list: calls.list,
    send: (params) => runs.send(params),
    async abort(params, options) {
      checkParams('sessions.abort', params)
      const { key, runId, agentId } = params
      if (key === undefined) {
        checkText('sessions.abort: runId', runId, 'the id of a run, or `key` of its session')
        return calls.abort(params, options)
      }
      if (runId !== undefined) checkText('sessions.abort: runId', runId, 'the id of a run')
      return calls.abort({ ...params, key: await keys.resolve('sessions.abort', key, agentId) }, options)
    },
    patch: async (params, options) => calls.patch(await withFullKey('sessions.patch', params), options),
    compact: async (params, options) => calls.compact(await withFullKey('sessions.compact', params), options),
    async history(params, options) {
      const { key, ...rest } = await withFullKey('sessions.history', params)
      return chat.history({ ...rest, sessionKey: key }, options)
    },
    async describe(params, options) {
      const { session } = await calls.describe(await withFullKey('sessions.describe', params), options)
      return session ?? undefined
    },
    reset: async (params, options) => calls.reset(await withFullKey('sessions.reset', params), options),
    delete: async (params, options) => calls.delete(await withFullKey('sessions.delete', params), options),
    async usage(params, options) {
      const found = await usage.sessions({ key: (await withFullKey('sessions.usage', params)).key }, options)
      return found.sessions[0]?.usage ?? undefined
    },
  }
  return sessions
}

async function* ofSession(events: AsyncIterable<ClawEvent>, key: string): AsyncGenerator<ClawEvent> {
  for await (const event of events) if (event.sessionKey === key) yield event
}
