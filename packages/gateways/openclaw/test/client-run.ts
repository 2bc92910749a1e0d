import type { GatewayEvent } from '@pincer/protocol'
import { type Answer, type ClientTransport, readFrames } from './client-transport.ts'

type Frame = Readonly<Record<string, unknown>>

/**
 * Answers `agent` or `sessions.send` with a captured run: under the id that the client asked for, its events one turn of the event loop
 * after the other, and the second answer after them.
 *
 * @param message - The message of the captured request, where the fixture has several.
 */
export function capturedRun(
  transport: () => ClientTransport,
  fixture: string,
  method: 'agent' | 'sessions.send',
  message?: string,
): Answer {
  const frames = readFrames(fixture).map(({ frame }) => frame)
  const request = frames.find(
    (frame) =>
      frame['method'] === method && (message === undefined || paramsOf(frame)['message'] === message),
  )
  if (request === undefined) throw new Error(`${fixture} has no such ${method} request`)
  const capturedId = String(paramsOf(request)['idempotencyKey'])
  const own = frames.filter((frame) => JSON.stringify(frame).includes(capturedId))
  const answers = frames.filter((frame) => frame['type'] === 'res' && frame['id'] === request['id'])
  const events = own.filter((frame) => frame['type'] === 'event')

  return async (params, _count, options) => {
    const rename = <Value>(value: Value): Value =>
      JSON.parse(JSON.stringify(value).replaceAll(capturedId, String(params['idempotencyKey']))) as Value
    const [first, last] = answers.map((frame) => rename(frame['payload']))
    const told = (async () => {
      for (const event of events) {
        await new Promise((resolve) => setImmediate(resolve))
        transport().tell(rename(event) as unknown as GatewayEvent)
      }
    })()
    if (last === undefined || options?.expectFinal !== true) return first
    options.onAccepted?.(first)
    await told
    return last
  }
}

function paramsOf(frame: Frame): Frame {
  return (frame['params'] ?? {}) as Frame
}
