import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { eventPage, runPage } from '../record/run-store.ts'
import type { LocalService } from '../service.ts'
import { HttpProblem } from './problem.ts'
import { createRoutes, jsonResponse, problemResponse, withoutUndefined } from './routes.ts'
import { runSummarySchema, runTreeSchema } from './run-schemas.ts'

const text = z.string().min(1).max(512).optional()
const time = z.coerce
  .number()
  .min(0)
  .optional()
  .openapi({ type: 'number', description: 'Epoch milliseconds' })
const cursor = z.string().min(1).max(2048).optional()
const params = z.object({ runId: z.string().min(1).max(512) })

const listRoute = createRoute({
  method: 'get',
  path: '/v1/runs',
  summary: 'List runs, newest first',
  request: {
    query: z.object({
      status: z
        .enum(['queued', 'running', 'paused', 'completed', 'failed', 'cancelled', 'timed_out'])
        .optional(),
      agentId: text,
      sessionKey: text,
      parentRunId: text,
      startedAfter: time,
      startedBefore: time,
      limit: z.coerce.number().int().min(1).max(runPage.max).optional().openapi({ type: 'integer' }),
      cursor,
    }),
  },
  responses: {
    200: jsonResponse(
      z.object({ items: z.array(runSummarySchema), nextCursor: z.string().optional() }),
      'A page of runs',
    ),
    400: problemResponse('A filter is not valid'),
  },
})

const getRoute = createRoute({
  method: 'get',
  path: '/v1/runs/{runId}',
  summary: 'Read a run with its actions, usage, cost and child runs',
  request: { params },
  responses: { 200: jsonResponse(runTreeSchema, 'The run'), 404: problemResponse('There is no such run') },
})

const eventsRoute = createRoute({
  method: 'get',
  path: '/v1/runs/{runId}/events',
  summary: 'Read the events of a run in their own order',
  request: {
    params,
    query: z.object({
      limit: z.coerce.number().int().min(1).max(eventPage.max).optional().openapi({ type: 'integer' }),
      cursor,
    }),
  },
  responses: {
    200: jsonResponse(
      z.object({ items: z.array(z.any()), nextCursor: z.string().optional() }),
      'A page of events',
    ),
    400: problemResponse('The cursor or the limit is not valid'),
  },
})

/** `GET /v1/runs` and what is below it. */
export function runRoutes(service: LocalService): OpenAPIHono {
  const routes = createRoutes()
  routes.openapi(listRoute, async (context) =>
    context.json(await service.runs.list(withoutUndefined(context.req.valid('query'))), 200),
  )
  routes.openapi(getRoute, async (context) => {
    const tree = await service.runs.get(context.req.valid('param').runId)
    if (tree !== undefined) return context.json(tree, 200)
    throw new HttpProblem(404, 'run_not_found', 'there is no such run', {
      path: 'param.runId',
      next: 'GET /v1/runs lists the runs',
    })
  })
  routes.openapi(eventsRoute, async (context) => {
    const { runId } = context.req.valid('param')
    return context.json(await service.runs.events(runId, withoutUndefined(context.req.valid('query'))), 200)
  })
  return routes
}
