import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { LocalService } from '../service.ts'
import { approvalSchema, jsonValue, nameText, waitTimeout } from './govern-schemas.ts'
import { HttpProblem } from './problem.ts'
import { createRoutes, jsonResponse, problemResponse, withoutUndefined } from './routes.ts'

const params = z.object({ approvalId: nameText })

const listRoute = createRoute({
  method: 'get',
  path: '/v1/approvals',
  summary: 'List the newest 500 approvals, newest first',
  request: {
    query: z.object({ status: z.enum(['pending', 'approved', 'denied', 'expired', 'cancelled']).optional() }),
  },
  responses: {
    200: jsonResponse(z.object({ items: z.array(approvalSchema) }), 'The approvals'),
    400: problemResponse('The status is not one'),
  },
})

const getRoute = createRoute({
  method: 'get',
  path: '/v1/approvals/{approvalId}',
  summary: 'Read an approval',
  request: { params },
  responses: {
    200: jsonResponse(approvalSchema, 'The approval'),
    404: problemResponse('There is no such approval'),
  },
})

const decideRoute = createRoute({
  method: 'post',
  path: '/v1/approvals/{approvalId}/decide',
  summary: 'Answer an approval; the first answer wins',
  request: {
    params,
    body: {
      required: true,
      content: {
        'application/json': {
          schema: z
            .object({
              decision: z.enum(['approve', 'deny']),
              reason: z.string().max(10_000).optional(),
              decidedBy: z.string().min(1).max(512).optional(),
              input: jsonValue
                .optional()
                .openapi({ description: 'Arguments in the place of those asked about; only with approve' }),
            })
            .openapi('ApprovalDecision'),
        },
      },
    },
  },
  responses: {
    200: jsonResponse(approvalSchema, 'The approval as it was decided'),
    400: problemResponse('The decision is not valid'),
    404: problemResponse('There is no such approval'),
    409: problemResponse('It was decided before'),
  },
})

const waitRoute = createRoute({
  method: 'get',
  path: '/v1/approvals/{approvalId}/wait',
  summary: 'Wait until an approval is decided',
  request: { params, query: z.object({ timeoutMs: waitTimeout, claimedBy: nameText.optional() }) },
  responses: {
    200: jsonResponse(approvalSchema, 'The approval, decided or as it stands'),
    404: problemResponse('There is no such approval'),
    409: problemResponse('Another action has used it'),
    503: problemResponse('Too many wait already'),
  },
})

/** `/v1/approvals`. */
export function approvalRoutes({ approvals }: LocalService): OpenAPIHono {
  const routes = createRoutes()
  routes.openapi(listRoute, async (context) =>
    context.json({ items: await approvals.list(withoutUndefined(context.req.valid('query'))) }, 200),
  )
  routes.openapi(getRoute, async (context) => {
    const { approvalId } = context.req.valid('param')
    const approval = await approvals.get(approvalId)
    if (approval !== undefined) return context.json(approval, 200)
    throw new HttpProblem(404, 'approval_not_found', `there is no approval "${approvalId}"`, {
      path: 'param.approvalId',
      next: 'GET /v1/approvals lists those there are',
    })
  })
  routes.openapi(decideRoute, async (context) => {
    const { approvalId } = context.req.valid('param')
    return context.json(await approvals.decide(approvalId, withoutUndefined(context.req.valid('json'))), 200)
  })
  routes.openapi(waitRoute, async (context) => {
    const query = withoutUndefined(context.req.valid('query'))
    // The signal frees the place of a client that goes away.
    const { signal } = context.req.raw
    return context.json(
      await approvals.wait(context.req.valid('param').approvalId, { ...query, signal }),
      200,
    )
  })
  return routes
}
