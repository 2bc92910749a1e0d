import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { readVersion } from '../version.ts'
import { createRoutes, jsonResponse } from './routes.ts'

const home = z.object({
  name: z.string(),
  version: z.string(),
  links: z.object({ runs: z.string(), description: z.string(), health: z.string(), demoModel: z.string() }),
})

const homeRoute = createRoute({
  method: 'get',
  path: '/',
  summary: 'Tell what listens here, and where to go on',
  responses: { 200: jsonResponse(home, 'The gateway') },
})

/** `GET /`. */
export function homeRoutes(): OpenAPIHono {
  const routes = createRoutes()
  const version = readVersion()
  const links = {
    runs: '/v1/runs',
    description: '/openapi.json',
    health: '/healthz',
    demoModel: '/demo/v1',
  }
  routes.openapi(homeRoute, (context) => context.json({ name: 'pincer-local-gateway', version, links }, 200))
  return routes
}
