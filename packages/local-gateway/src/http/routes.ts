import { OpenAPIHono, type RouteConfig, type z } from '@hono/zod-openapi'
import { HttpProblem, problemSchema } from './problem.ts'

/** Makes an empty set of routes whose validation errors are problems like all others. */
export function createRoutes(): OpenAPIHono {
  return new OpenAPIHono({
    defaultHook: (result) => {
      if (!result.success) throw convertIssue(result.target, result.error.issues[0])
    },
  })
}

/** One entry of a route's `responses`. */
export type ResponseConfig = RouteConfig['responses'][string]

/** The `responses` entry of a JSON answer. */
export function jsonResponse(schema: z.ZodType, description: string): ResponseConfig {
  return { description, content: { 'application/json': { schema } } }
}

/** The `responses` entry of an error. */
export function problemResponse(description: string): ResponseConfig {
  return jsonResponse(problemSchema, description)
}

/** Leaves out what a query does not name: absent and `undefined` are not the same to the ports. */
export function withoutUndefined<Query extends object>(
  query: Query,
): { [Field in keyof Query]: Exclude<Query[Field], undefined> } {
  // Only the fields that hold a value are left, which is what the type says.
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as never
}

/** Makes the problem that tells the first thing a schema found. */
export function convertIssue(target: string, issue: z.core.$ZodIssue | undefined): HttpProblem {
  const where = target === 'json' ? 'body' : target
  const path = [where, ...(issue?.path ?? []).map(String)].join('.')
  return new HttpProblem(400, 'invalid_request', `${path}: ${issue?.message ?? 'not valid'}`, {
    path,
    next: 'correct the value; GET /openapi.json describes the request',
  })
}
