import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { LocalService } from '../service.ts'
import { createRoutes, jsonResponse } from './routes.ts'

const health = z.object({ status: z.enum(['ok', 'closing']) })

const aliveRoute = createRoute({
  method: 'get',
  path: '/healthz',
  summary: 'Tell that the process answers',
  security: [],
  responses: { 200: jsonResponse(health, 'It answers') },
})

const readyRoute = createRoute({
  method: 'get',
  path: '/readyz',
  summary: 'Tell whether the gateway takes work',
  security: [],
  responses: {
    200: jsonResponse(health, 'It does'),
    503: jsonResponse(health, 'It is closing, or cannot read its database'),
  },
})

/** `GET /healthz` and `GET /readyz`; both need no token. */
export function healthRoutes(service: LocalService): OpenAPIHono {
  const routes = createRoutes()
  routes.openapi(aliveRoute, (context) => context.json({ status: 'ok' }, 200))
  routes.openapi(readyRoute, (context) =>
    service.ready() ? context.json({ status: 'ok' }, 200) : context.json({ status: 'closing' }, 503),
  )
  return routes
}
