import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { mostTexts } from '../agents/embeddings.ts'
import type { LocalService } from '../service.ts'
import { nameText } from './govern-schemas.ts'
import { createRoutes, jsonResponse, problemResponse, withoutUndefined } from './routes.ts'
import { usageSchema } from './run-schemas.ts'

const embedRoute = createRoute({
  method: 'post',
  path: '/v1/embeddings',
  summary: 'Turn texts into vectors, by the upstream of the agents; nothing of it is recorded',
  request: {
    body: {
      required: true,
      content: {
        'application/json': {
          schema: z
            .object({
              model: nameText
                .optional()
                .openapi({ description: 'Model of the upstream; its own where absent' }),
              values: z.array(z.string().min(1)).max(mostTexts),
            })
            .openapi('EmbeddingRequest'),
        },
      },
    },
  },
  responses: {
    200: jsonResponse(
      z
        .object({
          vectors: z.array(z.array(z.number())).openapi({ description: 'One per text, in their order' }),
          usage: usageSchema.optional(),
        })
        .openapi('EmbeddingResult'),
      'The vectors',
    ),
    400: problemResponse(
      'The request is not valid, or names no model where the upstream has none of its own',
    ),
    422: problemResponse('The upstream refused the texts'),
    429: problemResponse('The upstream has had too many requests'),
    503: problemResponse('The upstream does not answer'),
  },
})

/** `POST /v1/embeddings`. */
export function embeddingRoutes({ embeddings }: LocalService): OpenAPIHono {
  const routes = createRoutes()
  routes.openapi(embedRoute, async (context) => {
    const request = withoutUndefined(context.req.valid('json'))
    // A caller that goes away gives its question up.
    return context.json(await embeddings.embed(request, { signal: context.req.raw.signal }), 200)
  })
  return routes
}
