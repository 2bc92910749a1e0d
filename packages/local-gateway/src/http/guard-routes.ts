import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { LocalService } from '../service.ts'
import { jsonValue, nameText, riskSchema } from './govern-schemas.ts'
import { createRoutes, jsonResponse, problemResponse, withoutUndefined } from './routes.ts'

const guardRoute = createRoute({
  method: 'post',
  path: '/v1/guard',
  summary: 'Ask whether an action may happen',
  request: {
    body: {
      required: true,
      content: {
        'application/json': {
          schema: z
            .object({
              kind: z.enum(['model_call', 'tool_call', 'retrieval']),
              name: nameText,
              runId: nameText.optional(),
              actionId: nameText.optional(),
              toolCallId: nameText.optional(),
              agentId: nameText.optional(),
              sessionKey: nameText.optional(),
              input: jsonValue.optional(),
              inputHash: nameText.optional(),
              risk: riskSchema.optional(),
              observe: z
                .boolean()
                .optional()
                .openapi({ description: 'True where the answer will only be recorded' }),
            })
            .openapi('GuardRequest'),
        },
      },
    },
  },
  responses: {
    200: jsonResponse(
      z
        .object({
          decision: z.enum(['allow', 'warn', 'block', 'require_approval']),
          reason: z.string().optional(),
          policyId: z.string().optional(),
          approvalId: z.string().optional(),
          expiresAt: z.number().optional(),
        })
        .openapi('GuardDecision'),
      'What the guard says',
    ),
    400: problemResponse('The request is not valid'),
  },
})

/** `POST /v1/guard`. */
export function guardRoutes(service: LocalService): OpenAPIHono {
  const routes = createRoutes()
  routes.openapi(guardRoute, async (context) =>
    context.json(await service.guard.decide(withoutUndefined(context.req.valid('json'))), 200),
  )
  return routes
}
