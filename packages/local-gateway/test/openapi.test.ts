import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { methodNames, requestOf } from '../src/http/websocket-methods.ts'
import { startLocalGateway } from '../src/index.ts'

let running: Awaited<ReturnType<typeof startLocalGateway>>
let document: {
  openapi: string
  paths: Record<string, Record<string, { responses: object; summary?: string }>>
}

beforeAll(async () => {
  running = await startLocalGateway({ port: 0, databasePath: ':memory:' })
  document = (await (await fetch(`${running.url}/openapi.json`)).json()) as typeof document
})

afterAll(() => running.close())

describe('GET /openapi.json', () => {
  it('describes every path', () => {
    expect(document.openapi).toBe('3.1.0')
    const described = Object.entries(document.paths).flatMap(([path, verbs]) =>
      Object.keys(verbs).map((verb) => `${verb.toUpperCase()} ${path}`),
    )
    expect(described.toSorted()).toEqual(
      [
        'DELETE /v1/policies/{id}',
        'GET /',
        'GET /healthz',
        'GET /readyz',
        'GET /v1/agents',
        'GET /v1/approvals',
        'GET /v1/approvals/{approvalId}',
        'GET /v1/approvals/{approvalId}/wait',
        'GET /v1/events',
        'GET /v1/models',
        'GET /v1/policies',
        'GET /v1/policies/{id}',
        'GET /v1/runs',
        'GET /v1/runs/{runId}',
        'GET /v1/runs/{runId}/events',
        'GET /v1/runs/{runId}/wait',
        'GET /v1/sessions',
        'GET /v1/sessions/{sessionKey}',
        'GET /v1/sessions/{sessionKey}/messages',
        'GET /v1/tools',
        'GET /v1/usage',
        'POST /v1/agents/{agentId}/runs',
        'POST /v1/approvals/{approvalId}/decide',
        'POST /v1/embeddings',
        'POST /v1/events',
        'POST /v1/guard',
        'POST /v1/runs/{runId}/cancel',
        'POST /v1/tools/{name}/invoke',
        'PUT /v1/policies/{id}',
      ].toSorted(),
    )
  })

  it('refers only to what it holds, and says what every path answers', () => {
    const text = JSON.stringify(document)
    for (const [, pointer = ''] of text.matchAll(/"\$ref":"#([^"]+)"/g)) {
      const found = pointer
        .split('/')
        .slice(1)
        .reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], document)
      expect([pointer, typeof found]).toEqual([pointer, 'object'])
    }
    for (const verbs of Object.values(document.paths)) {
      for (const { responses, summary } of Object.values(verbs)) {
        expect(summary).toMatch(/\w/)
        expect(Object.keys(responses).some((status) => status.startsWith('2'))).toBe(true)
      }
    }
  })

  it('describes the request that each method of the WebSocket is', () => {
    const ids = { runId: 'x', approvalId: 'x', agentId: 'x', sessionKey: 'x', name: 'x', id: 'x' }
    for (const method of methodNames) {
      const request = requestOf(method, ids, AbortSignal.timeout(1_000))
      const { pathname } = new URL(request.url)
      const path = Object.keys(document.paths).find((one) => one.replace(/\{\w+\}/g, 'x') === pathname)
      expect([method, document.paths[path ?? '']?.[request.method.toLowerCase()]]).toEqual([
        method,
        expect.any(Object),
      ])
    }
  })
})
