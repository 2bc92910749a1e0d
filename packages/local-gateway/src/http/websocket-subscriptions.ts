import { setImmediate } from 'node:timers/promises'
import { z } from '@hono/zod-openapi'
import type { JsonValue } from '@pincer/protocol'
import type { EventLog, StreamQuery } from '../record/event-log.ts'
import { HttpProblem } from './problem.ts'
import { convertIssue, withoutUndefined } from './routes.ts'

/** Event subscriptions of one connection. */
export interface Subscriptions {
  /**
   * Answers `events.subscribe` and `events.unsubscribe`; `undefined` for every other method.
   *
   * @throws HttpProblem where the parameters are not valid or there are too many; GatewayError `unknown_event`.
   */
  call(method: string, params: JsonValue): JsonValue | undefined
}

/** Subscriptions of one connection, at most. */
const maxSubscriptions = 32

const text = z.string().min(1).max(512)
const subscribeParams = z.object({
  runId: text.optional(),
  afterId: text.optional(),
  from: z.enum(['start', 'now']).optional(),
})
const unsubscribeParams = z.object({ subscriptionId: text })

/** Opens the subscriptions of a connection; each event waits until the one before it has left. */
export function createSubscriptions(
  eventLog: EventLog,
  gone: AbortSignal,
  send: (payload: JsonValue) => Promise<void>,
): Subscriptions {
  const running = new Map<string, AbortController>()
  let count = 0

  async function pump(subscriptionId: string, events: ReturnType<EventLog['stream']>): Promise<void> {
    // The answer that names the subscription goes first.
    await setImmediate()
    // An event was stored as JSON, so it is JSON.
    for await (const event of events) await send({ subscriptionId, event: event as unknown as JsonValue })
  }

  function subscribe(query: StreamQuery): JsonValue {
    if (running.size >= maxSubscriptions) {
      throw new HttpProblem(
        429,
        'too_many_subscriptions',
        `this connection has ${maxSubscriptions} subscriptions`,
        {
          next: 'end one with events.unsubscribe',
        },
      )
    }
    const stop = new AbortController()
    const events = eventLog.stream({ ...query, signal: AbortSignal.any([stop.signal, gone]) })
    const subscriptionId = `s${++count}`
    running.set(subscriptionId, stop)
    const forget = (): void => {
      running.delete(subscriptionId)
    }
    pump(subscriptionId, events).then(forget, forget)
    return { subscriptionId }
  }

  return {
    call(method, params) {
      if (method === 'events.subscribe') {
        const { from, ...query } = check(subscribeParams, params)
        return subscribe({ ...withoutUndefined(query), fromStart: from === 'start' })
      }
      if (method !== 'events.unsubscribe') return undefined
      const { subscriptionId } = check(unsubscribeParams, params)
      running.get(subscriptionId)?.abort()
      return { ended: running.delete(subscriptionId) }
    },
  }
}

function check<Schema extends z.ZodType>(schema: Schema, params: JsonValue): z.output<Schema> {
  const checked = schema.safeParse(params)
  if (!checked.success) throw convertIssue('params', checked.error.issues[0])
  return checked.data
}
