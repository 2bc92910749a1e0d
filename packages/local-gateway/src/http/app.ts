import type { OpenAPIHono } from '@hono/zod-openapi'
import { type HttpBindings, RequestError } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import type { LocalService } from '../service.ts'
import { agentRoutes } from './agent-routes.ts'
import { approvalRoutes } from './approval-routes.ts'
import { boundBody } from './bounded-body.ts'
import { convertError } from './convert-error.ts'
import { demoRoutes } from './demo-routes.ts'
import { embeddingRoutes } from './embedding-routes.ts'
import { eventRoutes } from './event-routes.ts'
import { guardRoutes } from './guard-routes.ts'
import { healthRoutes } from './health-routes.ts'
import { homeRoutes } from './home-routes.ts'
import { requireJson } from './json-body.ts'
import { policyRoutes } from './policy-routes.ts'
import { HttpProblem, sendProblem } from './problem.ts'
import { createRoutes } from './routes.ts'
import { runRoutes } from './run-routes.ts'
import { type AccessCheck, guardAccess } from './security.ts'
import { sessionRoutes } from './session-routes.ts'
import type { SubscriberGate } from './subscriber-gate.ts'
import { toolRoutes } from './tool-routes.ts'
import { usageRoutes } from './usage-routes.ts'

/** Makes the routes of a service: what is answered, whoever asks. */
export function createApi(service: LocalService, subscribers: SubscriberGate): OpenAPIHono {
  const api = createRoutes()
  api.use(requireJson((path) => path === '/v1/events' || path.startsWith('/demo/')))
  api.route('/', homeRoutes())
  api.route('/', healthRoutes(service))
  api.route('/', eventRoutes(service, subscribers))
  for (const routes of [
    runRoutes,
    usageRoutes,
    guardRoutes,
    policyRoutes,
    approvalRoutes,
    agentRoutes,
    sessionRoutes,
    toolRoutes,
    embeddingRoutes,
  ]) {
    api.route('/', routes(service))
  }
  api.route('/demo/v1', demoRoutes())
  api.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'Pincer local gateway',
      version: '1',
      description: 'Runs, events, usage, guard, approvals and agents of one machine.',
    },
  })
  api.notFound((context) =>
    sendProblem(
      context,
      new HttpProblem(404, 'not_found', `there is no ${context.req.method} on this path`, {
        next: 'GET /openapi.json lists every path',
      }),
    ),
  )
  api.onError(answerError)
  return api
}

/** Puts the checks that every request from outside must pass before the routes. */
export function createApp(api: OpenAPIHono, check: AccessCheck): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>()
  app.use(guardAccess(check))
  app.use(boundBody())
  app.all('*', (context) => api.fetch(context.req.raw, context.env))
  app.onError(answerError)
  return app
}

/** What a caller who hung up is answered: nobody reads it, and nothing is wrong with the gateway. */
const gone = new HttpProblem(408, 'gone', 'the connection was closed before the answer', {
  next: 'ask again',
})

function isGone(error: Error, context: Context): boolean {
  return context.req.raw.signal.aborted || ('code' in error && error.code === 'ECONNRESET')
}

/** Answers what is no request at all, such as one whose host is not a name. */
export function answerUnreadable(error: unknown): Response {
  const problem =
    error instanceof RequestError
      ? new HttpProblem(400, 'invalid_request', `the request cannot be read: ${error.message}`, {
          next: 'correct the address and the header host',
        })
      : convertError(error)
  return Response.json(problem.toBody(), { status: problem.status })
}

function answerError(error: Error, context: Context): Response {
  const problem = isGone(error, context) ? gone : convertError(error)
  // The caller is told nothing of the inside: whoever runs the gateway is.
  if (problem.status === 500) process.stderr.write(`pincer local gateway: ${error.stack ?? error.message}\n`)
  return sendProblem(context, problem)
}
