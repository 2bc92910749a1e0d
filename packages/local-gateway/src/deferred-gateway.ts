import { PincerError } from '@pincer/protocol'
import { agentSettings } from './agents/agent-settings.ts'
import type { LocalGateway } from './complete-gateway.ts'

/** Stands for a gateway that is opened by the first call, and by none after it was closed. */
export function deferGateway(load: () => Promise<LocalGateway>): LocalGateway {
  let opening: Promise<LocalGateway> | undefined
  let closed = false

  function open(): Promise<LocalGateway> {
    if (closed) return Promise.reject(new PincerError('closed', 'this gateway is closed; make a new one'))
    if (opening === undefined) {
      opening = load()
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
      takes: agentSettings,
      list: async (request) => (await open()).agents.list(request),
      run: async (request) => (await open()).agents.run(request),
      get: async (runId, known) => (await open()).agents.get(runId, known),
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
    embeddings: {
      embed: async (request, settings) => (await open()).embeddings.embed(request, settings),
    },
    usage: async (query) => (await open()).usage(query),
    async close() {
      closed = true
      const gateway = await opening?.catch(() => undefined)
      await gateway?.close()
    },
  }
}
