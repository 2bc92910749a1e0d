import type { ServerResponse } from 'node:http'
import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import { createDemoModel } from '../demo-model/demo-model.ts'

/** The scripted demo model as routes, to be mounted at `/demo/v1`. */
export function demoRoutes(): Hono {
  const demoModel = createDemoModel()
  return new Hono().all('*', async (context) => {
    const response = await demoModel.fetch(context.req.raw)
    // Absent where the app is called without a server.
    const { outgoing } = (context.env ?? {}) as Partial<HttpBindings>
    if (outgoing === undefined || response.body === null || !('headersSent' in outgoing)) return response
    return new Response(breakWith(response.body, outgoing as ServerResponse), response)
  })
}

// A body that fails midway is what the script asked for: the connection breaks, and the server has nothing to report.
function breakWith(body: ReadableStream<Uint8Array>, outgoing: ServerResponse): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (done) controller.close()
        else controller.enqueue(value)
      } catch {
        breakSoon(outgoing)
      }
    },
    cancel: (reason) => reader.cancel(reason),
  })
}

// What came before the break is sent first, as it would be by a server that dies midway.
function breakSoon(outgoing: ServerResponse): void {
  if (outgoing.headersSent && !outgoing.writableNeedDrain) outgoing.socket?.destroySoon()
  else if (!outgoing.destroyed) setTimeout(breakSoon, 1, outgoing)
}
