import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { AgentRunRequest, GatewayRun } from '@pincer/protocol'
import { thinkingLevels } from '../agents/agent-settings.ts'
import type { LocalService } from '../service.ts'
import {
  errorInfoSchema,
  jsonValue,
  nameText,
  sessionMessageSchema,
  toolDescriptionSchema,
  waitTimeout,
} from './govern-schemas.ts'
import { HttpProblem } from './problem.ts'
import { createRoutes, jsonResponse, problemResponse } from './routes.ts'

const runParams = z.object({ runId: nameText })

const listRoute = createRoute({
  method: 'get',
  path: '/v1/agents',
  summary: 'List the agents that this gateway runs',
  responses: {
    200: jsonResponse(
      z.object({
        items: z.array(
          z
            .object({
              agentId: z.string(),
              name: z.string().optional(),
              description: z.string().optional(),
              model: z.string().optional(),
              tools: z.array(z.string()).optional(),
            })
            .openapi('AgentSummary'),
        ),
      }),
      'The agents',
    ),
  },
})

const runRoute = createRoute({
  method: 'post',
  path: '/v1/agents/{agentId}/runs',
  summary: 'Run an agent; GET /v1/events?runId= streams what it does',
  request: {
    params: z.object({ agentId: nameText }),
    body: {
      required: true,
      content: {
        'application/json': {
          schema: z
            .object({
              input: z.union([z.string().min(1), z.array(sessionMessageSchema).min(1).max(1000)]),
              sessionKey: nameText.optional(),
              model: nameText.optional(),
              tools: z.array(toolDescriptionSchema).max(256).optional(),
              timeoutMs: z.number().min(1).max(86_400_000).optional(),
              parentRunId: nameText.optional(),
              thinking: z
                .enum(thinkingLevels)
                .optional()
                .openapi({ description: 'How much the model is asked to think' }),
              label: nameText.optional().openapi({ description: 'The name of the run in the record' }),
            })
            .openapi('AgentRunRequest'),
        },
      },
    },
  },
  responses: {
    202: jsonResponse(z.object({ runId: z.string(), sessionKey: z.string() }), 'The run has its place'),
    400: problemResponse('The request is not valid'),
    404: problemResponse('There is no such agent'),
    409: problemResponse('An answer belongs to no open tool call, or the session to another agent'),
    503: problemResponse('Too many runs wait already'),
  },
})

const waitRoute = createRoute({
  method: 'get',
  path: '/v1/runs/{runId}/wait',
  summary: "Wait for the outcome of an agent's run",
  request: { params: runParams, query: z.object({ timeoutMs: waitTimeout }) },
  responses: {
    200: jsonResponse(
      z
        .object({
          runId: z.string(),
          status: z.enum(['accepted', 'completed', 'failed', 'cancelled', 'timed_out']),
          sessionKey: z.string().optional(),
          text: z.string().optional(),
          stopReason: z.string().optional(),
          usage: z.record(z.string(), z.any()).optional(),
          error: errorInfoSchema.optional(),
          toolCalls: z
            .array(z.object({ toolCallId: z.string(), name: z.string(), input: jsonValue }))
            .optional(),
        })
        .openapi('RunResult'),
      'The outcome; `accepted` where the time passed before it',
    ),
    404: problemResponse('No agent of this gateway has such a run'),
    503: problemResponse('Too many wait already'),
  },
})

const cancelRoute = createRoute({
  method: 'post',
  path: '/v1/runs/{runId}/cancel',
  summary: "Cancel an agent's run; one that ended stays as it is",
  request: {
    params: runParams,
    body: {
      content: {
        'application/json': {
          schema: z.object({ reason: z.string().max(1000).optional() }).openapi('RunCancel'),
        },
      },
    },
  },
  responses: {
    204: { description: 'It has ended' },
    404: problemResponse('No agent of this gateway has such a run'),
    409: problemResponse('Another process runs it'),
  },
})

/** `/v1/agents`, and the runs of agents. */
export function agentRoutes({ agents }: LocalService): OpenAPIHono {
  const routes = createRoutes()

  async function find(runId: string): Promise<GatewayRun> {
    const run = await agents.get(runId)
    if (run !== undefined) return run
    throw new HttpProblem(404, 'run_not_found', 'no agent of this gateway has such a run', {
      path: 'param.runId',
      next: 'GET /v1/runs lists every run; only those of agents can be waited for and cancelled',
    })
  }

  routes.openapi(listRoute, async (context) => context.json({ items: await agents.list() }, 200))
  routes.openapi(runRoute, async (context) => {
    // The schema checked every field; absent and `undefined` are the same to the runner.
    const request = { ...context.req.valid('json'), ...context.req.valid('param') } as AgentRunRequest
    const { runId, sessionKey } = await agents.run(request)
    return context.json({ runId, sessionKey }, 202)
  })
  routes.openapi(waitRoute, async (context) => {
    const { timeoutMs } = context.req.valid('query')
    const { signal } = context.req.raw
    const run = await find(context.req.valid('param').runId)
    return context.json(await run.wait({ timeoutMs, signal }), 200)
  })
  routes.openapi(cancelRoute, async (context) => {
    const run = await find(context.req.valid('param').runId)
    await run.cancel(context.req.valid('json').reason)
    return context.body(null, 204)
  })
  return routes
}
