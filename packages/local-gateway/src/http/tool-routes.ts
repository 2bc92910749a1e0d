import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { LocalService } from '../service.ts'
import { errorInfoSchema, jsonValue, nameText, toolDescriptionSchema } from './govern-schemas.ts'
import { createRoutes, jsonResponse, problemResponse, withoutUndefined } from './routes.ts'

const listRoute = createRoute({
  method: 'get',
  path: '/v1/tools',
  summary: 'List the tools of this process and of the MCP servers',
  responses: { 200: jsonResponse(z.object({ items: z.array(toolDescriptionSchema) }), 'The tools') },
})

const invokeRoute = createRoute({
  method: 'post',
  path: '/v1/tools/{name}/invoke',
  summary: 'Call a tool, through guard and approval',
  request: {
    params: z.object({ name: nameText }),
    body: {
      required: true,
      content: {
        'application/json': {
          schema: z
            .object({
              input: jsonValue.optional(),
              toolCallId: nameText.optional(),
              sessionKey: nameText.optional(),
              agentId: nameText.optional(),
              runId: nameText.optional(),
              approvalId: nameText
                .optional()
                .openapi({ description: 'An approval that was given for exactly this call' }),
            })
            .openapi('ToolInvocation'),
        },
      },
    },
  },
  responses: {
    200: jsonResponse(
      z
        .object({
          status: z.enum(['ok', 'error', 'blocked', 'approval_required']),
          toolCallId: z.string(),
          output: jsonValue.optional(),
          error: errorInfoSchema.optional(),
          reason: z.string().optional(),
          approvalId: z.string().optional(),
        })
        .openapi('ToolResult'),
      'What came of it; a refusal is an answer too',
    ),
    400: problemResponse('The request is not valid'),
    404: problemResponse('There is no such tool'),
    409: problemResponse('The approval was asked for another call'),
  },
})

const modelsRoute = createRoute({
  method: 'get',
  path: '/v1/models',
  summary: 'List the models that the agents can use',
  responses: {
    200: jsonResponse(
      z.object({
        items: z.array(z.object({ id: z.string(), provider: z.string().optional() }).openapi('Model')),
      }),
      'The models',
    ),
    503: problemResponse('The upstream does not answer'),
  },
})

/** `/v1/tools` and `/v1/models`: what the agents can use. */
export function toolRoutes({ tools, models }: LocalService): OpenAPIHono {
  const routes = createRoutes()
  routes.openapi(listRoute, async (context) => context.json({ items: await tools.list() }, 200))
  routes.openapi(invokeRoute, async (context) => {
    const { name } = context.req.valid('param')
    // A caller that goes away gives its call up.
    const { signal } = context.req.raw
    return context.json(
      await tools.invoke(name, withoutUndefined(context.req.valid('json')), { signal }),
      200,
    )
  })
  routes.openapi(modelsRoute, async (context) =>
    context.json({ items: await models.list({ signal: context.req.raw.signal }) }, 200),
  )
  return routes
}
