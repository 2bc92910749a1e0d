import { createRoute, type OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi'
import type { EventVerdict } from '@pincer/protocol'
import { receiveEvents } from '../record/receive-events.ts'
import type { LocalService } from '../service.ts'
import { maxEvents, readBatch } from './event-body.ts'
import { createEventStream } from './event-stream.ts'
import { createRoutes, jsonResponse, problemResponse } from './routes.ts'
import type { SubscriberGate } from './subscriber-gate.ts'

const eventSchema = z
  .looseObject({
    version: z.literal(1),
    id: z.string(),
    ts: z.number().openapi({ description: 'Epoch milliseconds' }),
    type: z.string(),
    data: z.looseObject({}),
  })
  .openapi('ClawEvent', { description: 'A normalized event; `type` says what `data` holds.' })

const verdictSchema = z
  .object({
    id: z.string(),
    status: z.enum(['accepted', 'duplicate', 'rejected']),
    code: z.string().optional(),
    message: z.string().optional(),
  })
  .openapi('EventVerdict')

const appendRoute: RouteConfig = {
  method: 'post',
  path: '/v1/events',
  summary: `Keep a batch of at most ${maxEvents} events`,
  description:
    'A JSON array, or one event per line (`application/x-ndjson`), plain or gzip, 4 MiB at most. Idempotent by event id; one verdict per event, in order. What is accepted is on disk when this answers.',
  request: {
    body: {
      required: true,
      content: {
        'application/json': { schema: z.array(eventSchema) },
        'application/x-ndjson': { schema: z.string() },
      },
    },
  },
  responses: {
    200: jsonResponse(z.object({ verdicts: z.array(verdictSchema) }), 'A verdict for every event'),
    400: problemResponse('The body is not a batch; nothing was kept'),
    413: problemResponse('The body is too large; nothing was kept'),
    415: problemResponse('The body is of another kind; nothing was kept'),
  },
}

const streamRoute = createRoute({
  method: 'get',
  path: '/v1/events',
  summary: 'Stream events as they are kept (server-sent events)',
  description:
    'Each message has the event id as its `id`; `Last-Event-ID` replays what was kept after that event.',
  request: {
    query: z.object({
      runId: z.string().min(1).max(512).optional(),
      afterId: z.string().min(1).max(512).optional().openapi({ description: 'As the header Last-Event-ID' }),
      from: z
        .enum(['start', 'now'])
        .optional()
        .openapi({ description: '`start` replays the whole record first' }),
    }),
    headers: z.object({ 'last-event-id': z.string().max(2048).optional() }),
  },
  responses: {
    200: { description: 'The stream', content: { 'text/event-stream': { schema: z.string() } } },
    404: problemResponse('The event to continue after is not in the record'),
    503: problemResponse('Too many subscribers'),
  },
})

const streamHeaders = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Accel-Buffering': 'no',
}

/** `POST /v1/events` and `GET /v1/events`. */
export function eventRoutes(service: LocalService, gate: SubscriberGate): OpenAPIHono {
  const routes = createRoutes()
  routes.openAPIRegistry.registerPath(appendRoute)
  // The body is read here, not by the schema: one bad event must not cost the others, and it may be compressed.
  routes.post('/v1/events', async (context) => {
    const entries = await readBatch(context)
    const kept = receiveEvents(
      service.eventLog,
      entries.flatMap((entry) => ('value' in entry ? [entry.value] : [])),
    )
    let at = 0
    const verdicts = entries.flatMap((entry): readonly EventVerdict[] =>
      'verdict' in entry ? [entry.verdict] : kept.slice(at, ++at),
    )
    return context.json({ verdicts }, 200)
  })

  routes.openapi(streamRoute, (context) => {
    const { runId, afterId, from } = context.req.valid('query')
    const lastId = context.req.valid('header')['last-event-id']
    const after = lastId === undefined || lastId === '' ? afterId : decodeHeader(lastId)
    // Who asks for the head only would hold a place that nothing ever frees.
    if (context.req.raw.method === 'HEAD') return context.body(null, 200, streamHeaders)
    const leave = gate.enter()
    const gone = new AbortController()
    const stop = (): void => {
      leave()
      gone.abort()
    }
    try {
      const events = service.eventLog.stream({
        ...(runId === undefined ? {} : { runId }),
        ...(after === undefined ? {} : { afterId: after }),
        fromStart: from === 'start',
        signal: gone.signal,
      })
      const stream = createEventStream({ events, gate, stop, cut: () => destroyConnection(context.env) })
      return context.body(stream, 200, streamHeaders)
    } catch (error) {
      stop()
      throw error
    }
  })
  return routes
}

/** Browsers send the id as UTF-8; Node reads headers as Latin-1. */
function decodeHeader(value: string): string {
  return Buffer.from(value, 'latin1').toString('utf8')
}

/** Node's server hands the raw answer over as a binding. */
function destroyConnection(bindings: unknown): void {
  const outgoing =
    typeof bindings === 'object' && bindings !== null && 'outgoing' in bindings
      ? bindings.outgoing
      : undefined
  if (
    typeof outgoing === 'object' &&
    outgoing !== null &&
    'destroy' in outgoing &&
    typeof outgoing.destroy === 'function'
  ) {
    outgoing.destroy()
  }
}
