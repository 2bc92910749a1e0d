import type { JsonObject, JsonValue } from '@pincer/protocol'
import { isJsonObject } from './json-body.ts'
import { HttpProblem } from './problem.ts'

/** One row of the table: the request over HTTP that a method is. */
interface MethodRow {
  readonly verb: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Parameters named in braces are put into it; the others are the query or the body. */
  readonly path: string
  /** The parameter that is the whole body. */
  readonly body?: string
}

/** Every method of the WebSocket but the subscriptions: adding one is adding a row. */
const methods: Readonly<Record<string, MethodRow>> = {
  'events.append': { verb: 'POST', path: '/v1/events', body: 'events' },
  'runs.list': { verb: 'GET', path: '/v1/runs' },
  'runs.get': { verb: 'GET', path: '/v1/runs/{runId}' },
  'runs.events': { verb: 'GET', path: '/v1/runs/{runId}/events' },
  'runs.wait': { verb: 'GET', path: '/v1/runs/{runId}/wait' },
  'runs.cancel': { verb: 'POST', path: '/v1/runs/{runId}/cancel' },
  'usage.summarize': { verb: 'GET', path: '/v1/usage' },
  'guard.decide': { verb: 'POST', path: '/v1/guard' },
  'policies.list': { verb: 'GET', path: '/v1/policies' },
  'policies.put': { verb: 'PUT', path: '/v1/policies/{id}' },
  'policies.delete': { verb: 'DELETE', path: '/v1/policies/{id}' },
  'approvals.list': { verb: 'GET', path: '/v1/approvals' },
  'approvals.get': { verb: 'GET', path: '/v1/approvals/{approvalId}' },
  'approvals.decide': { verb: 'POST', path: '/v1/approvals/{approvalId}/decide' },
  'approvals.wait': { verb: 'GET', path: '/v1/approvals/{approvalId}/wait' },
  'agents.list': { verb: 'GET', path: '/v1/agents' },
  'agents.run': { verb: 'POST', path: '/v1/agents/{agentId}/runs' },
  'sessions.list': { verb: 'GET', path: '/v1/sessions' },
  'sessions.get': { verb: 'GET', path: '/v1/sessions/{sessionKey}' },
  'sessions.messages': { verb: 'GET', path: '/v1/sessions/{sessionKey}/messages' },
  'tools.list': { verb: 'GET', path: '/v1/tools' },
  'tools.invoke': { verb: 'POST', path: '/v1/tools/{name}/invoke' },
  'models.list': { verb: 'GET', path: '/v1/models' },
  'embeddings.embed': { verb: 'POST', path: '/v1/embeddings' },
}

/** The names of the methods that are requests. */
export const methodNames: readonly string[] = Object.keys(methods)

/**
 * Makes the request that a method is: the routes check its parameters, and answer as they do over HTTP.
 *
 * @throws HttpProblem 404 `unknown_method`; 400 `invalid_request` where a parameter cannot be put into the address.
 */
export function requestOf(method: string, params: JsonValue, signal: AbortSignal): Request {
  const row = Object.hasOwn(methods, method) ? methods[method] : undefined
  if (row === undefined) {
    throw new HttpProblem(404, 'unknown_method', 'there is no such method', {
      path: 'method',
      next: `use one of events.subscribe, events.unsubscribe, ${methodNames.join(', ')}`,
    })
  }
  if (!isJsonObject(params)) throw invalid('params', 'an object')
  const { path, rest } = fillPath(row.path, params)
  const url = new URL(path, 'http://localhost')
  if (row.verb === 'GET' || row.verb === 'DELETE') {
    for (const [name, value] of Object.entries(rest))
      if (value !== undefined) url.searchParams.set(name, textOf(name, value))
    return new Request(url, { method: row.verb, signal })
  }
  const body = JSON.stringify(row.body === undefined ? rest : (rest[row.body] ?? null))
  return new Request(url, { method: row.verb, signal, body, headers: { 'content-type': 'application/json' } })
}

function fillPath(
  template: string,
  params: JsonObject,
): { readonly path: string; readonly rest: JsonObject } {
  const rest = { ...params }
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = textOf(name, rest[name])
    delete rest[name]
    return encodeURIComponent(value)
  })
  return { path, rest }
}

function textOf(name: string, value: JsonValue | undefined): string {
  // An empty value, `.` or `..` would be another path.
  if (
    (typeof value === 'string' && !/^\.{0,2}$/.test(value) && value.isWellFormed()) ||
    typeof value === 'number' ||
    typeof value === 'boolean'
  ) {
    return String(value)
  }
  throw invalid(`params.${name}`, 'text that is not empty, or a number')
}

function invalid(path: string, expected: string): HttpProblem {
  return new HttpProblem(400, 'invalid_request', `${path}: expected ${expected}`, {
    path,
    next: 'correct the value; GET /openapi.json describes the same request over HTTP',
  })
}
