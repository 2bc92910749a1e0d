import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { LocalService } from '../service.ts'
import { createRoutes, jsonResponse, problemResponse, withoutUndefined } from './routes.ts'
import { usageSchema } from './run-schemas.ts'

const time = z.coerce
  .number()
  .min(0)
  .optional()
  .openapi({ type: 'number', description: 'Epoch milliseconds' })
const groupBy = z.enum(['model', 'agent', 'day'])

const group = z.object({
  key: z.string().openapi({ description: 'The model, the agent id or the UTC day; empty where unknown' }),
  usage: usageSchema,
  callCount: z.number(),
  unpricedCount: z
    .number()
    .openapi({ description: 'Calls without a known price: the cost says nothing about them' }),
})

const usageRoute = createRoute({
  method: 'get',
  path: '/v1/usage',
  summary: 'Sum tokens and cost by model, agent or day',
  request: { query: z.object({ groupBy: groupBy.optional(), from: time, to: time }) },
  responses: {
    200: jsonResponse(z.object({ groupBy, items: z.array(group) }), 'The sums'),
    400: problemResponse('The grouping or a time is not valid'),
  },
})

/** `GET /v1/usage`. */
export function usageRoutes(service: LocalService): OpenAPIHono {
  const routes = createRoutes()
  routes.openapi(usageRoute, async (context) => {
    const { groupBy: by = 'model', ...range } = context.req.valid('query')
    const items = await service.usage({ groupBy: by, ...withoutUndefined(range) })
    return context.json({ groupBy: by, items }, 200)
  })
  return routes
}
