import { PincerError } from '@pincer/protocol'
import { createHttpGateway, type HttpGatewayOptions } from './client/http-gateway.ts'
import type { LocalGateway } from './complete-gateway.ts'
import type { LocalGatewayOptions } from './options.ts'
import type { LocalService } from './service.ts'

/**
 * Makes the gateway that a client records to: the one that listens at `url`, or, without `url`, one in this process
 * that needs no port.
 *
 * Nothing is opened before the first call; close it to let go of its file and sockets.
 *
 * @throws PincerError `invalid_option` for an address or a token that cannot be used.
 * @example
 * const claw = createClient({ gateway: localGateway({ url: 'http://127.0.0.1:7462' }) })
 * const inProcess = createClient({ gateway: localGateway({ databasePath: ':memory:' }) })
 */
export function localGateway(options: LocalGatewayOptions | HttpGatewayOptions = {}): LocalGateway {
  if ('url' in options) return createHttpGateway(options, async () => (await import('#http')).openHttp())
  return openInProcess(options)
}

// The server's parts (SQLite, the agents' loop, schemas) are loaded at the first call, so that importing stays light.
function openInProcess(options: LocalGatewayOptions): LocalGateway {
  let opening: Promise<LocalService> | undefined
  let closed = false

  function open(): Promise<LocalService> {
    if (closed)
      return Promise.reject(
        new PincerError('closed', 'this gateway is closed; make a new one with localGateway()'),
      )
    if (opening === undefined) {
      opening = import('./service.ts').then((module) => module.createService(options))
      // What could not be opened is tried again by the next call.
      opening.catch(() => (opening = undefined))
    }
    return opening
  }

  return {
    name: 'local',
    events: {
      append: async (events, request) => (await open()).events.append(events, request),
      stream: async function* (query) {
        yield* (await open()).events.stream(query)
        // Aborted is not ended: whoever reads is told which it was.
        query?.signal?.throwIfAborted()
      },
    },
    runs: {
      list: async (query) => (await open()).runs.list(query),
      get: async (runId, request) => (await open()).runs.get(runId, request),
      events: async (runId, query) => (await open()).runs.events(runId, query),
    },
    guard: {
      decide: async (request, settings) => (await open()).guard.decide(request, settings),
    },
    approvals: {
      list: async (query) => (await open()).approvals.list(query),
      get: async (approvalId, request) => (await open()).approvals.get(approvalId, request),
      decide: async (approvalId, decision, request) =>
        (await open()).approvals.decide(approvalId, decision, request),
      wait: async (approvalId, request) => (await open()).approvals.wait(approvalId, request),
    },
    agents: {
      list: async (request) => (await open()).agents.list(request),
      run: async (request) => (await open()).agents.run(request),
    },
    sessions: {
      list: async (query) => (await open()).sessions.list(query),
      get: async (sessionKey, request) => (await open()).sessions.get(sessionKey, request),
      history: async (sessionKey, request) => (await open()).sessions.history(sessionKey, request),
    },
    tools: {
      list: async (request) => (await open()).tools.list(request),
      invoke: async (name, invocation, request) => (await open()).tools.invoke(name, invocation, request),
    },
    models: {
      list: async (request) => (await open()).models.list(request),
    },
    async close() {
      closed = true
      const service = await opening?.catch(() => undefined)
      await service?.close()
    },
  }
}
