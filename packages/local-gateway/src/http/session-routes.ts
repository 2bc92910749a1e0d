import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { LocalService } from '../service.ts'
import { nameText, sessionMessageSchema } from './govern-schemas.ts'
import { HttpProblem } from './problem.ts'
import { createRoutes, jsonResponse, problemResponse, withoutUndefined } from './routes.ts'

const params = z.object({ sessionKey: nameText })
const sessionSchema = z
  .object({
    sessionKey: z.string(),
    agentId: z.string().optional(),
    label: z.string().optional(),
    createdAt: z.number().openapi({ description: 'Epoch milliseconds' }),
    updatedAt: z.number().openapi({ description: 'Epoch milliseconds' }),
    messageCount: z.number(),
  })
  .openapi('Session')

const listRoute = createRoute({
  method: 'get',
  path: '/v1/sessions',
  summary: 'List sessions, the last used first',
  request: {
    query: z.object({
      agentId: nameText.optional(),
      limit: z.coerce.number().int().min(1).max(200).optional().openapi({ type: 'integer' }),
      cursor: z.string().min(1).max(2048).optional(),
    }),
  },
  responses: {
    200: jsonResponse(
      z.object({ items: z.array(sessionSchema), nextCursor: z.string().optional() }),
      'A page of sessions',
    ),
    400: problemResponse('The limit or the cursor is not valid'),
  },
})

const getRoute = createRoute({
  method: 'get',
  path: '/v1/sessions/{sessionKey}',
  summary: 'Read a session',
  request: { params },
  responses: {
    200: jsonResponse(sessionSchema, 'The session'),
    404: problemResponse('There is no such session'),
  },
})

const historyRoute = createRoute({
  method: 'get',
  path: '/v1/sessions/{sessionKey}/messages',
  summary: 'Read the newest 1,000 messages of a session, oldest first',
  request: { params },
  responses: {
    200: jsonResponse(z.object({ items: z.array(sessionMessageSchema) }), 'The messages'),
    404: problemResponse('There is no such session'),
  },
})

/** `/v1/sessions`. */
export function sessionRoutes({ sessions }: LocalService): OpenAPIHono {
  const routes = createRoutes()
  routes.openapi(listRoute, async (context) =>
    context.json(await sessions.list(withoutUndefined(context.req.valid('query'))), 200),
  )
  routes.openapi(getRoute, async (context) => {
    const { sessionKey } = context.req.valid('param')
    const session = await sessions.get(sessionKey)
    if (session === undefined) throw unknownSession(sessionKey)
    return context.json(session, 200)
  })
  routes.openapi(historyRoute, async (context) => {
    const { sessionKey } = context.req.valid('param')
    if ((await sessions.get(sessionKey)) === undefined) throw unknownSession(sessionKey)
    return context.json({ items: await sessions.history(sessionKey) }, 200)
  })
  return routes
}

function unknownSession(sessionKey: string): HttpProblem {
  return new HttpProblem(404, 'session_not_found', `there is no session "${sessionKey}"`, {
    path: 'param.sessionKey',
    next: 'GET /v1/sessions lists those there are; a run with a new sessionKey makes one',
  })
}
