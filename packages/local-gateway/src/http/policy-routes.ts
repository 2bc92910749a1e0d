import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { keptPolicySchema, policyId, policyRuleSchema } from '../guard/policy-schema.ts'
import type { LocalService } from '../service.ts'
import { HttpProblem } from './problem.ts'
import { createRoutes, jsonResponse, problemResponse } from './routes.ts'

const params = z.object({ id: policyId })

const listRoute = createRoute({
  method: 'get',
  path: '/v1/policies',
  summary: 'List the policies in the order in which they decide',
  responses: { 200: jsonResponse(z.object({ items: z.array(keptPolicySchema) }), 'The policies') },
})

const getRoute = createRoute({
  method: 'get',
  path: '/v1/policies/{id}',
  summary: 'Read a policy',
  request: { params },
  responses: {
    200: jsonResponse(keptPolicySchema, 'The policy'),
    404: problemResponse('There is no such policy'),
  },
})

const putRoute = createRoute({
  method: 'put',
  path: '/v1/policies/{id}',
  summary: 'Keep a policy, in the place of one of the same id',
  request: {
    params,
    body: { required: true, content: { 'application/json': { schema: policyRuleSchema } } },
  },
  responses: {
    200: jsonResponse(keptPolicySchema, 'The policy as it is kept'),
    400: problemResponse('The policy is not valid'),
    409: problemResponse('There are too many policies'),
  },
})

const deleteRoute = createRoute({
  method: 'delete',
  path: '/v1/policies/{id}',
  summary: 'Delete a policy that was put',
  request: { params },
  responses: {
    204: { description: 'It is gone' },
    404: problemResponse('There is no such policy'),
    409: problemResponse('It stands in the configuration'),
  },
})

/** `/v1/policies`. */
export function policyRoutes({ policies }: LocalService): OpenAPIHono {
  const routes = createRoutes()
  routes.openapi(listRoute, (context) => context.json({ items: policies.list() }, 200))
  routes.openapi(getRoute, (context) => {
    const { id } = context.req.valid('param')
    const policy = policies.get(id)
    if (policy === undefined) throw unknownPolicy(id)
    return context.json(policy, 200)
  })
  routes.openapi(putRoute, (context) => {
    const { id } = context.req.valid('param')
    const body = context.req.valid('json')
    if (body.id !== undefined && body.id !== id) {
      throw new HttpProblem(400, 'invalid_request', `body.id: expected "${id}", as in the path`, {
        path: 'body.id',
        next: 'leave it out, or put the policy under its own path',
      })
    }
    return context.json(policies.put({ ...body, id }), 200)
  })
  routes.openapi(deleteRoute, (context) => {
    const { id } = context.req.valid('param')
    if (!policies.delete(id)) throw unknownPolicy(id)
    return context.body(null, 204)
  })
  return routes
}

function unknownPolicy(id: string): HttpProblem {
  return new HttpProblem(404, 'policy_not_found', `there is no policy "${id}"`, {
    path: 'param.id',
    next: 'GET /v1/policies lists those there are',
  })
}
