import {
  type Embeddings,
  type Guard,
  type Models,
  parseEvent,
  type RunRecord,
  type Sessions,
  type ToolCatalog,
} from '@pincer/protocol'
import type { LocalGateway } from '../complete-gateway.ts'
import type { Exchange } from './exchange.ts'
import { findOrNothing, getJson, postJson } from './json-call.ts'
import {
  itemsOf,
  pageOf,
  parseEmbeddings,
  parseGuardDecision,
  parseModel,
  parseRunSummary,
  parseRunTree,
  parseSession,
  parseSessionMessage,
  parseTool,
  parseToolResult,
  parseUsageGroup,
} from './parse-answer.ts'

/** The record of runs of a gateway behind HTTP. */
export function createHttpRuns(exchange: Exchange): RunRecord {
  return {
    list: ({ signal, ...query } = {}) =>
      getJson(exchange, 'v1/runs', pageOf(parseRunSummary), {
        query,
        ...(signal === undefined ? {} : { signal }),
      }),
    get: (runId, options) =>
      findOrNothing(getJson(exchange, `v1/runs/${encodeURIComponent(runId)}`, parseRunTree, options)),
    events: (runId, { signal, ...query } = {}) =>
      getJson(exchange, `v1/runs/${encodeURIComponent(runId)}/events`, pageOf(parseEvent), {
        query,
        ...(signal === undefined ? {} : { signal }),
      }),
  }
}

/** The sums of usage of a gateway behind HTTP. */
export function createHttpUsage(exchange: Exchange): LocalGateway['usage'] {
  return ({ signal, ...query } = {}) =>
    getJson(exchange, 'v1/usage', itemsOf(parseUsageGroup), {
      // Without an end is how the gateway reads an end that is absent.
      query: { ...query, to: query.to === Infinity ? undefined : query.to },
      ...(signal === undefined ? {} : { signal }),
    })
}

/** The guard of a gateway behind HTTP. */
export function createHttpGuard(exchange: Exchange): Guard {
  return {
    decide: (request, options) => postJson(exchange, 'v1/guard', request, parseGuardDecision, options),
  }
}

/** The sessions of a gateway behind HTTP. */
export function createHttpSessions(exchange: Exchange): Sessions {
  return {
    list: ({ signal, ...query } = {}) =>
      getJson(exchange, 'v1/sessions', pageOf(parseSession), {
        query,
        ...(signal === undefined ? {} : { signal }),
      }),
    get: (sessionKey, options) =>
      findOrNothing(
        getJson(exchange, `v1/sessions/${encodeURIComponent(sessionKey)}`, parseSession, options),
      ),
    async history(sessionKey, options) {
      const path = `v1/sessions/${encodeURIComponent(sessionKey)}/messages`
      return (await findOrNothing(getJson(exchange, path, itemsOf(parseSessionMessage), options))) ?? []
    },
  }
}

/** The tools of a gateway behind HTTP. */
export function createHttpTools(exchange: Exchange, toolTimeoutMs: number): ToolCatalog {
  return {
    list: (options) => getJson(exchange, 'v1/tools', itemsOf(parseTool), options),
    invoke: (name, invocation, options) =>
      postJson(exchange, `v1/tools/${encodeURIComponent(name)}/invoke`, invocation, parseToolResult, {
        ...options,
        timeoutMs: toolTimeoutMs,
        once: true,
      }),
  }
}

/** The models of a gateway behind HTTP. */
export function createHttpModels(exchange: Exchange): Models {
  return { list: (options) => getJson(exchange, 'v1/models', itemsOf(parseModel), options) }
}

/** The embeddings of a gateway behind HTTP. */
export function createHttpEmbeddings(exchange: Exchange, timeoutMs: number): Embeddings {
  return {
    embed: (request, options) =>
      postJson(exchange, 'v1/embeddings', request, parseEmbeddings, { ...options, timeoutMs }),
  }
}
